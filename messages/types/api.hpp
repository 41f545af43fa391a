/// \file
/// Marks what libtroupe.so shows: what applications call, and the types whose identity both sides of it must agree on (messages, base classes).
/// All else of ours is hidden in it, so that it can't collide with anything in a process, and may change.
#pragma once

/// The same in either form of the library, because both are made of the same objects: static archives don't mind.
#if defined(__GNUC__)
#  define TROUPE_API __attribute__((visibility("default")))
#else
#  define TROUPE_API
#endif
