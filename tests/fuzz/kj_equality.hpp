/// \file
/// For clang only, included before everything else where Cap'n Proto 0.9 is. Its headers compare a C string with a kj::StringPtr and leave
/// it to C++20 to turn StringPtr's operator round, which it does no more since P2468: there is an operator!= beside it. (GCC 12 goes by the
/// older rule.)
#pragma once

#include <kj/string.h>

namespace kj {

inline bool operator==(const char* a, const StringPtr& b) { return StringPtr(a) == b; }

}  // namespace kj
