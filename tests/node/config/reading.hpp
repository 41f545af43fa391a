/// \file
/// Shorthand for tests that read configurations.
#pragma once

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <troupe/node/config/xml_config.hpp>

namespace troupe::testing {

using lines = std::vector<std::string>;

/// `inside` as line 2 of a file called f.xml, with <hazelcast> around it in lines 1 and last.
inline read_config read_inside(const std::string& inside) {
  return parse_xml_config("<hazelcast>\n" + inside + "\n</hazelcast>\n", "f.xml");
}

inline lines errors_of(const std::string& inside) { return read_inside(inside).errors; }
inline lines warnings_of(const std::string& inside) { return read_inside(inside).warnings; }

/// The configuration of something that has to be without any error.
inline member_config config_of(const std::string& inside) {
  const auto read = read_inside(inside);
  CHECK(read.errors == lines{});
  return read.config;
}

}  // namespace troupe::testing
