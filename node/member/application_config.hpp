/// \file
/// The settings of a member, and of a client, from CAF's own configuration: `troupe.port=5800` in the application's configuration file, `--troupe.port=5800` on its
/// command line. An application may have both a member and a client, in one cluster or in two: what is a client's begins with `troupe.client.`, and neither has
/// anything from the other.
///
/// | key of a member, after `troupe.` | value |
/// |---|---|
/// | `config` | a file, XML as of Hazelcast; the other keys win over it |
/// | `cluster-name`, `host`, `host-label`, `zone` | a text |
/// | `port` | 0 to 65535 |
/// | `port-auto-increment`, `bootstrap`, `lite`, `witness`, `insecure` | true or false |
/// | `join` | HOST:PORT,…, or a list of such texts |
/// | `shards` | 0 to 64 |
/// | `memory-limit` | a text: bytes such as `512m`, a share such as `60%`, or `off` |
/// | `log-level` | trace, debug, info, warn, error or off |
/// | `timing-scale` | 0.01 to 1000 |
///
/// | key of a client, after `troupe.client.` | value |
/// |---|---|
/// | `config` | a file, XML as of Hazelcast's clients; the other keys win over it |
/// | `cluster-name` | a text |
/// | `connect` | HOST:PORT,…, or a list of such texts; without a port: 5701 to 5703; without the key: 127.0.0.1 |
/// | `log-level` | trace, debug, info, warn, error or off |
///
/// What each means: member_config.hpp, client_config.hpp.
#pragma once

#include <caf/actor_system_config.hpp>

#include <troupe/messages/types/api.hpp>
#include <troupe/node/config/xml_config.hpp>

namespace troupe {

/// A configuration of CAF's that knows these keys, so that they may stand on the command line, and `--long-help` tells of them (1.x: `--help`). One's own options go into a
/// class derived from this.
class TROUPE_API application_config : public caf::actor_system_config {
 public:
  application_config();
};

/// The settings of a member by the `troupe.` keys; defaults where there are none. Any configuration of CAF's will do: without application_config
/// the keys are read from its file only. Every problem is reported at once, each with its key; an unknown key is one.
[[nodiscard]] TROUPE_API read_config read_application_config(const caf::actor_system_config& from);

/// The same of a client, by the `troupe.client.` keys.
[[nodiscard]] TROUPE_API read_client_config read_application_client_config(const caf::actor_system_config& from);

}  // namespace troupe
