# Writes OUTPUT, a C++ file with the pages in it: cmake -DPAGES=… -DOUTPUT=… -P embed.cmake
file(GLOB scripts ${PAGES}/*.js)
list(SORT scripts)
set(page_js "\"use strict\";\n")
foreach(script IN LISTS scripts)
  file(READ ${script} text)
  string(APPEND page_js "${text}")
endforeach()
get_filename_component(directory ${OUTPUT} DIRECTORY)
file(WRITE ${directory}/page.js "${page_js}")

set(arrays "")
set(rows "")
foreach(asset IN ITEMS
    "page.html|text/html; charset=utf-8|${PAGES}/page.html"
    "login.html|text/html; charset=utf-8|${PAGES}/login.html"
    "page.css|text/css; charset=utf-8|${PAGES}/page.css"
    "icon.svg|image/svg+xml|${PAGES}/icon.svg"
    "page.js|text/javascript; charset=utf-8|${directory}/page.js")
  string(REGEX MATCH "^[^|]*" name "${asset}")
  string(REGEX REPLACE "^[^|]*\\|([^|]*)\\|.*" "\\1" type "${asset}")
  string(REGEX REPLACE ".*\\|" "" file "${asset}")
  file(READ ${file} bytes HEX)
  file(SHA256 ${file} hash)
  string(SUBSTRING ${hash} 0 12 hash)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
  string(MAKE_C_IDENTIFIER "k_${name}" symbol)
  string(APPEND arrays "constexpr unsigned char ${symbol}[] = {\n${bytes}};\n")
  string(APPEND rows "  if (name == \"${name}\")\n    return Asset{\"${type}\", text_of(${symbol}), \"${hash}\"};\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"web/assets.hpp\"

namespace actiond::web {
namespace {

${arrays}
template <std::size_t N>
std::string_view text_of(const unsigned char (&bytes)[N]) {
  return {reinterpret_cast<const char*>(bytes), N};
}

}  // namespace

std::optional<Asset> find_asset(std::string_view name) {
${rows}  return std::nullopt;
}

}  // namespace actiond::web
")
