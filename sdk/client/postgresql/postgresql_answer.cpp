#include "postgresql_answer.hpp"

#include <cstdlib>
#include <memory>
#include <string_view>

namespace action::sql {
namespace {

constexpr Oid kBool = 16, kBytea = 17, kName = 19, kInt8 = 20, kInt2 = 21, kInt4 = 23, kText = 25;
constexpr Oid kNumeric = 1700;

// What the most significant byte comes first of; up to eight bytes, the highest bit is the sign.
std::int64_t number_in(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8U | static_cast<unsigned char>(byte);
  const auto unused = 64 - 8 * bytes.size();
  return static_cast<std::int64_t>(number << unused) >> unused;
}

// Of a sum, which has no fraction: how many digits of 10,000 each, the first one's power, sign and
// scale, then the digits; each of two bytes. Zeros at the end are left out.
std::int64_t sum_in(std::string_view bytes) {
  const auto part = [bytes](std::int64_t index) {
    return number_in(bytes.substr(static_cast<std::size_t>(2 * index), 2));
  };
  const auto digits = part(0), power = part(1);
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i <= power; ++i) sum = sum * 10'000 + (i < digits ? part(4 + i) : 0);
  return part(2) == 0 ? sum : -sum;
}

bool is_number(Oid type) {
  return type == kBool || type == kInt8 || type == kInt2 || type == kInt4;
}

void add(const PGresult* result, int row, int column, Answer& answer) {
  if (::PQgetisnull(result, row, column) != 0) return answer.add_null();
  const char* const text = ::PQgetvalue(result, row, column);
  const std::string_view value(text, static_cast<std::size_t>(::PQgetlength(result, row, column)));
  const Oid type = ::PQftype(result, column);
  const bool is_text = ::PQfformat(result, column) == kAsText;
  if (!is_text && type == kNumeric) return answer.add_number(sum_in(value));
  if (!is_text)
    return is_number(type) ? answer.add_number(number_in(value)) : answer.add_text(value);
  if (type == kBool) return answer.add_number(*text == 't' ? 1 : 0);
  if (type != kBytea) return answer.add_text(value);
  std::size_t size = 0;
  const std::unique_ptr<unsigned char, decltype(&::PQfreemem)> bytes(
      ::PQunescapeBytea(reinterpret_cast<const unsigned char*>(text), &size), ::PQfreemem);
  answer.add_text({reinterpret_cast<const char*>(bytes.get()), size});
}

}  // namespace

Answer answer_of(const PGresult* result) {
  Answer answer;
  answer.changed = std::strtoull(::PQcmdTuples(const_cast<PGresult*>(result)), nullptr, 10);
  const int columns = ::PQnfields(result), rows = ::PQntuples(result);
  answer.set_columns(static_cast<std::size_t>(columns));
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < columns; ++column) add(result, row, column, answer);
  return answer;
}

Oid unknown_type(const PGresult* result) {
  for (int column = 0; column < ::PQnfields(result); ++column) {
    const Oid type = ::PQftype(result, column);
    if (!is_number(type) && type != kNumeric && type != kBytea && type != kText && type != kName)
      return type;
  }
  return 0;
}

}  // namespace action::sql
