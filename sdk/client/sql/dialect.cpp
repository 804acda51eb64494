#include "client/sql/dialect.hpp"

namespace action::sql {

Result<Dialect> dialect_of(std::string_view kind, std::string_view application) {
  if (kind == "postgresql") return postgresql_dialect(application);
  return mysql_dialect(application);
}

std::string question_marks(std::size_t count) {
  std::string marks;
  for (std::size_t i = 0; i < count; ++i) marks += i == 0 ? "?" : ", ?";
  return marks;
}

}  // namespace action::sql
