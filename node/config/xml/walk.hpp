/// \file
/// Goes through a document by the grammar.
#pragma once

#include <string_view>

#include <troupe/node/config/xml/grammar.hpp>

namespace troupe::config {

/// Reads the XML text into `into`, and reports whatever is not as the grammar has it.
void read_document(std::string_view text, draft& into, findings& found);

}  // namespace troupe::config
