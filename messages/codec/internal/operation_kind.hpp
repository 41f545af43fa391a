/// \file
/// The kinds of operations on both sides of the codec. Internal to the codec: includes Cap'n Proto.
#pragma once

#include <schema/client.capnp.h>

#include <troupe/messages/codec/internal/enumeration.hpp>
#include <troupe/messages/types/operation_kind.hpp>

namespace troupe::codec {

inline constexpr enumeration operation_kinds{{
    std::pair{operation_kind::get, schema::OperationKind::GET},
    std::pair{operation_kind::contains, schema::OperationKind::CONTAINS},
    std::pair{operation_kind::put, schema::OperationKind::PUT},
    std::pair{operation_kind::set, schema::OperationKind::SET},
    std::pair{operation_kind::put_if_absent, schema::OperationKind::PUT_IF_ABSENT},
    std::pair{operation_kind::replace, schema::OperationKind::REPLACE},
    std::pair{operation_kind::replace_if_equal, schema::OperationKind::REPLACE_IF_EQUAL},
    std::pair{operation_kind::remove, schema::OperationKind::REMOVE},
    std::pair{operation_kind::remove_if_equal, schema::OperationKind::REMOVE_IF_EQUAL},
    std::pair{operation_kind::erase, schema::OperationKind::ERASE},
    std::pair{operation_kind::count, schema::OperationKind::COUNT},
    std::pair{operation_kind::clear, schema::OperationKind::CLEAR},
    std::pair{operation_kind::scan, schema::OperationKind::SCAN},
    std::pair{operation_kind::set_ttl, schema::OperationKind::SET_TTL},
    std::pair{operation_kind::execute, schema::OperationKind::EXECUTE},
    std::pair{operation_kind::execute_if_present, schema::OperationKind::EXECUTE_IF_PRESENT},
    std::pair{operation_kind::listen, schema::OperationKind::LISTEN},
    std::pair{operation_kind::lock, schema::OperationKind::LOCK},
    std::pair{operation_kind::unlock, schema::OperationKind::UNLOCK},
    std::pair{operation_kind::force_unlock, schema::OperationKind::FORCE_UNLOCK},
    std::pair{operation_kind::withdraw_lock, schema::OperationKind::WITHDRAW_LOCK},
    std::pair{operation_kind::is_locked, schema::OperationKind::IS_LOCKED},
    std::pair{operation_kind::keep_locks, schema::OperationKind::KEEP_LOCKS},
    std::pair{operation_kind::get_entry_view, schema::OperationKind::GET_ENTRY_VIEW},
}};

}  // namespace troupe::codec
