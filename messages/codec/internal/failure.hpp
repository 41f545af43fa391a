/// \file
/// Failures on both sides of the codec. Internal to the codec: includes Cap'n Proto.
#pragma once

#include <schema/client.capnp.h>

#include <troupe/messages/codec/internal/enumeration.hpp>
#include <troupe/messages/types/operation.hpp>

namespace troupe::codec {

inline constexpr enumeration failures{{
    std::pair{failure::none, schema::Failure::NONE},
    std::pair{failure::not_primary, schema::Failure::NOT_PRIMARY},
    std::pair{failure::partition_lost, schema::Failure::PARTITION_LOST},
    std::pair{failure::unknown_map, schema::Failure::UNKNOWN_MAP},
    std::pair{failure::key_too_large, schema::Failure::KEY_TOO_LARGE},
    std::pair{failure::value_too_large, schema::Failure::VALUE_TOO_LARGE},
    std::pair{failure::too_many_maps, schema::Failure::TOO_MANY_MAPS},
    std::pair{failure::bad_name, schema::Failure::BAD_NAME},
    std::pair{failure::overloaded, schema::Failure::OVERLOADED},
    std::pair{failure::deadline, schema::Failure::DEADLINE},
    std::pair{failure::connection_lost, schema::Failure::CONNECTION_LOST},
    std::pair{failure::no_cluster, schema::Failure::NO_CLUSTER},
    std::pair{failure::closed, schema::Failure::CLOSED},
    std::pair{failure::bad_cursor, schema::Failure::BAD_CURSOR},
    std::pair{failure::wrong_partition, schema::Failure::WRONG_PARTITION},
    std::pair{failure::under_replicated, schema::Failure::UNDER_REPLICATED},
    std::pair{failure::session_unknown, schema::Failure::SESSION_UNKNOWN},
    std::pair{failure::bad_lifetime, schema::Failure::BAD_LIFETIME},
    std::pair{failure::unknown_processor, schema::Failure::UNKNOWN_PROCESSOR},
    std::pair{failure::processor_failed, schema::Failure::PROCESSOR_FAILED},
    std::pair{failure::result_too_large, schema::Failure::RESULT_TOO_LARGE},
    std::pair{failure::out_of_memory, schema::Failure::OUT_OF_MEMORY},
    std::pair{failure::locked, schema::Failure::LOCKED},
    std::pair{failure::not_owner, schema::Failure::NOT_OWNER},
    std::pair{failure::cancelled, schema::Failure::CANCELLED},
}};

/// Of a processor: what it returned, or a text about its failure.
inline void must_be_result(const blob& told, failure why) {
  must(why == failure::none || told.size() <= failure_detail_bytes_max, "what is told of a failure is too long");
}

}  // namespace troupe::codec
