#!/bin/bash
# Each gate for the source refuses what it is there for, and passes what is right: tried on a project of three files.
# Usage: gates_test.sh SOURCE_DIRECTORY. Exits with 77 where the tools are missing (scripts/install-packages clang gates).
# shellcheck disable=SC2016 # what is written into scripts is not for this shell
set -euo pipefail
source=$1
for tool in clang-format clang-tidy shellcheck git; do
  command -v "$tool" >/dev/null || { echo "skipped: $tool isn't installed"; exit 77; }
done
project=$(mktemp -d "${TMPDIR:-/tmp}/action-gates.XXXXXX")
trap 'rm -r "$project"' EXIT
cp -r "$source"/.clang-format "$source"/.clang-tidy "$source"/.githooks "$project"
mkdir -p "$project"/{host,scripts,sdk,plugins,tests}
cp "$source"/scripts/lint "$project/scripts"
cd "$project"

write_good() {
  cat >CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.25)
project(gates CXX)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_UNITY_BUILD ON)
add_library(gates STATIC host/first.cpp host/second.cpp)
END
  cat >CMakePresets.json <<'END'
{"version": 3, "configurePresets": [{"name": "clang", "binaryDir": "build/clang", "generator": "Ninja",
  "cacheVariables": {"CMAKE_CXX_COMPILER": "clang++"}}]}
END
  printf '#include <string>\n\nstd::string first() {\n  return "1";\n}\n' >host/first.cpp
  printf '#include <string>\n\nstd::string second() {\n  return "2";\n}\n' >host/second.cpp
  printf '#!/bin/bash\necho "$1"\n' >scripts/say
}

# refuses CHECK WORD: that check fails, and says WORD.
refuses() {
  local said
  if said=$(scripts/lint "$1" 2>&1); then echo "$1 passed what it should refuse"; exit 1; fi
  grep -q -- "$2" <<<"$said" || { echo "$1 failed, but not for $2: $said"; exit 1; }
  write_good
  echo "$1 refuses: $2"
}

write_good
scripts/lint
printf 'int  first() { return 1; }\n' >host/first.cpp
refuses format host/first.cpp
printf '#!/bin/bash\necho $1\n' >scripts/say
refuses shell SC2086
# As one file with the first this compiles.
printf 'std::string second() {\n  return "2";\n}\n' >host/second.cpp
refuses files host/second.cpp
printf '#include <string>\n\nint first(std::string text) {\n  return static_cast<int>(text.size());\n}\n' >host/first.cpp
refuses tidy performance-unnecessary-value-param
printf '#pragma once\ninline std::string third() { return "3"; }\n' >host/third.hpp
refuses files host/third.hpp
rm host/third.hpp

git init --quiet .
git config core.hooksPath .githooks
commit() { git -c user.name=x -c user.email=x@y.z commit --quiet --message x; }
git add host scripts && commit
printf 'int  first() { return 1; }\n' >host/first.cpp
git add host
if commit >/dev/null 2>&1; then echo "the hook let a file pass that is not formatted"; exit 1; fi
echo "the hook refuses a file that is not formatted"
