/// \file
/// Goes through a document by the grammar.
#pragma once

#include <string_view>

#include <troupe/node/config/xml/grammar.hpp>

namespace troupe::config {

/// Reads the XML text into `into`, and reports whatever is not as the grammar with this root has it.
void read_document(std::string_view text, const element_rule& grammar, draft& into, findings& found);

}  // namespace troupe::config
