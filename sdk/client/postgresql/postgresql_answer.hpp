// What PostgreSQL answers, as an Answer: its values as text, or as the bytes in which the server
// holds them (the manual's "binary format"), which cost a third as much to make and to read.
#pragma once

#include <libpq-fe.h>

#include "client/sql/session.hpp"

namespace action::sql {

inline constexpr int kAsText = 0, kAsBytes = 1;  // how libpq has values told

// A copy: the result need not outlive it.
Answer answer_of(const PGresult* result);
// The first type of a column whose bytes answer_of can't read; 0: there is none.
Oid unknown_type(const PGresult* result);

}  // namespace action::sql
