/// \file
/// Troupe: a distributed in-memory map of actors. The one header that applications include; link `troupe::troupe`.
#pragma once

#include <troupe/actors/cluster_listener.hpp>
#include <troupe/actors/coroutine.hpp>
#include <troupe/actors/entry_listener.hpp>
#include <troupe/actors/map.hpp>
#include <troupe/actors/map_api.hpp>
#include <troupe/actors/processor_registry.hpp>
#include <troupe/node/client/client.hpp>
#include <troupe/node/config/client_config.hpp>
#include <troupe/node/config/member_config.hpp>
#include <troupe/node/config/xml_config.hpp>
#include <troupe/node/member/application_config.hpp>
#include <troupe/node/member/member.hpp>
