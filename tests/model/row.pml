/*
 * One row: activation with seals, roll-forward, commits, learners, hand-over; views come from an oracle.
 *
 * What each part stands for in actors/protocol/row and actors/protocol/planner, what was left out, and why that is sound: README.md.
 * The properties are the assertions in check() and those at the steps; the numbers in them are the invariants of DESIGN section 6.
 *
 * Every step of every member is atomic, messages are whatever a step of the receiver may find at its sender, at any later time:
 * so they are delayed, reordered, duplicated and lost. A crash or a pause is a member that takes no more steps.
 */

#ifndef MEMBERS
#define MEMBERS 3    /* all of them members of the first view */
#endif
#ifndef POSITIONS
#define POSITIONS 2  /* of a log */
#endif
#ifndef CONFIGS
#define CONFIGS 4    /* of the row, the first included: each is decided by a view */
#endif
#ifndef IN_SYNC_AT_FIRST
#define IN_SYNC_AT_FIRST 7
#endif

#define EPOCHS (CONFIGS + 1)
#define ALL_MEMBERS ((1 << MEMBERS) - 1)
#define ONLY(x) (1 << (x))
#define HAS(set, x) (((set) >> (x)) & 1)
#define LACKS(set, x) (!HAS(set, x))

/* The decided configs of the row. Every member outside the in-sync set is a learner. */
byte latest;
byte c_epoch[CONFIGS];
byte c_primary[CONFIGS];
byte c_in_sync[CONFIGS];
byte c_unsealed[CONFIGS];
byte c_members[CONFIGS];  /* of the view that decided it */
byte c_empty[CONFIGS];    /* what a copy holds of earlier epochs is void */
byte stood;               /* configs in which a candidate has sent its seals: they may arrive whenever */
byte activated;           /* the highest epoch that was activated: the wish that empties the unsealed set */
byte wished;              /* 1 + the learner that the primary of the latest config asks for */

/* A replica. A record is named by the epoch that wrote it: its primary writes each position once, and no epoch has two primaries. */
byte known[MEMBERS];      /* the config that it has installed; of an understudy: the last one in which it led */
byte sealed[MEMBERS];
byte length[MEMBERS];
byte record[MEMBERS * POSITIONS];
byte whole;               /* replicas with a copy */
byte imaged;              /* replicas whose copy began as a snapshot of their sealed epoch */

/* A primary or candidate. */
byte reign[MEMBERS];     /* the epoch that it leads; 0: not activated */
byte committed[MEMBERS];
byte recommit[MEMBERS];   /* what was known at the activation */
byte fed[MEMBERS];        /* whom it sends its records, and whose acknowledgements count */
byte awaited[MEMBERS];    /* for whom its commits wait, itself included */

/* An epoch as its candidate, then primary, knows it. */
byte held[EPOCHS * MEMBERS];    /* the length that each has acknowledged, first by the answer to the seal */
byte sealed_in[EPOCHS];         /* who answered as a member of the in-sync set */
byte sealed_out[EPOCHS];        /* and who from outside of it */

/* What clients have seen: the acknowledged records. */
byte visible;
byte seen[POSITIONS];

/* Scratch, meaningless between steps. */
hidden byte i, j, n, m, longest;

#define RECORD(x, position) record[(x) * POSITIONS + (position)]
#define HELD(epoch, x) held[(epoch) * MEMBERS + (x)]
#define IS_NAMED(x) (c_primary[known[x]] == (x) && sealed[x] == c_epoch[known[x]])
#define IS_CANDIDATE(x) (IS_NAMED(x) && reign[x] == 0)
#define TO_SEAL(k) ((c_in_sync[k] | c_unsealed[k]) & ~ONLY(c_primary[k]))

/* A member that no decided view has removed may hold a lease at any time, one that was removed never does: view_change.pml. */
#ifdef REMOVED_KEEPS_LEASE
#define MAY_HOLD_LEASE(x) true
#else
#define MAY_HOLD_LEASE(x) HAS(c_members[latest], x)
#endif

#ifdef READS_BEFORE_RECOMMIT
#define MAY_SERVE(x) (reign[x] != 0 && MAY_HOLD_LEASE(x))
#else
#define MAY_SERVE(x) (reign[x] != 0 && committed[x] >= recommit[x] && MAY_HOLD_LEASE(x))
#endif

/* The properties that are of a state. */
inline check() {
  for (n : 0 .. MEMBERS - 1) {
    /* 6, 5: every acknowledged write is on every member of the in-sync set, unchanged. */
    if
    :: HAS(c_in_sync[latest], n) ->
       assert(length[n] >= visible);
       for (i : 0 .. POSITIONS - 1) { assert(i >= visible || RECORD(n, i) == seen[i]) }
    :: else
    fi;
    /* 7: whoever may read has all that was ever seen. */
    assert(!MAY_SERVE(n) || committed[n] >= visible);
    for (m : 0 .. MEMBERS - 1) {
      /* 3: one server at a time. */
      assert(m == n || !MAY_SERVE(n) || !MAY_SERVE(m));
      /* 4: logs of the in-sync set are prefixes of each other. */
      if
      :: m < n && HAS(c_in_sync[latest], n) && HAS(c_in_sync[latest], m) ->
         for (i : 0 .. POSITIONS - 1) { assert(i >= length[n] || i >= length[m] || RECORD(n, i) == RECORD(m, i)) }
      :: else
      fi
    }
  }
  n = 0
}

#define IS_VOID(x, k) (length[x] > 0 && RECORD(x, length[x] - 1) < c_empty[k])

/* The end of whatever leading role x has. */
inline step_down(x) {
  if
  :: IS_NAMED(x) ->
     sealed_in[sealed[x]] = 0; sealed_out[sealed[x]] = 0;
     for (i : 0 .. MEMBERS - 1) { HELD(sealed[x], i) = 0 }
  :: else
  fi;
  reign[x] = 0; committed[x] = 0; recommit[x] = 0; fed[x] = 0; awaited[x] = 0
}

inline throw_away(x) {
  length[x] = 0; whole = whole & ~ONLY(x); imaged = imaged & ~ONLY(x);
  for (i : 0 .. POSITIONS - 1) { RECORD(x, i) = 0 }
}

inline copy_log(from, to, count) {
  length[to] = count;
  for (i : 0 .. POSITIONS - 1) {
    if
    :: i < count -> RECORD(to, i) = RECORD(from, i)
    :: else -> RECORD(to, i) = 0
    fi
  }
}

/* ---- Views ---- */

/* Views that matter to me: those that name it, and, while it leads, all. To miss the others only leaves it less informed. */
#define MAY_LEAD_OR_STEP_DOWN(me, k) (k <= latest && k > known[me] && (IS_NAMED(me) || c_primary[k] == me))

/* me installs config k, as the first after config known[me]: others may have been skipped. */
inline learn(me, k) {
  if
  :: c_primary[k] == me && reign[me] != 0 && c_epoch[k] == reign[me] ->
     /* 9: nobody comes in sync but whom this primary awaits. */
#ifndef ASKS_BEFORE_AWAITING
     assert((c_in_sync[k] & ~awaited[me]) == 0);
#endif
     for (n : 0 .. MEMBERS - 1) {
       if
       :: LACKS(c_members[k], n) -> fed[me] = fed[me] & ~ONLY(n); awaited[me] = awaited[me] & ~ONLY(n)
       :: HAS(c_members[k], n) && LACKS(c_in_sync[k], n) && (HAS(c_in_sync[known[me]], n) || k != known[me] + 1) ->
          /* In sync no more, or a learner that may have been something else meanwhile: its feed begins anew. */
          fed[me] = fed[me] & ~ONLY(n); awaited[me] = awaited[me] & ~ONLY(n);
#ifndef ACK_OF_AN_EARLIER_FEED
          HELD(reign[me], n) = 0
#endif
       :: else
       fi
     }
     awaited[me] = awaited[me] | c_in_sync[k]; fed[me] = fed[me] | c_in_sync[k];
     known[me] = k
  :: c_primary[k] == me && IS_CANDIDATE(me) && c_epoch[k] == sealed[me] -> known[me] = k; stood = stood | ONLY(k)
  :: c_primary[k] == me && c_epoch[k] >= sealed[me] && !(IS_NAMED(me) && c_epoch[k] == sealed[me]) ->
     step_down(me);
     if
     :: IS_VOID(me, k) -> throw_away(me)
     :: else
     fi;
     sealed[me] = c_epoch[k]; imaged = imaged & ~ONLY(me); whole = whole | ONLY(me);
     known[me] = k; stood = stood | ONLY(k)
  :: else -> step_down(me); known[me] = k
  fi
}

/* The latest config was derived: what all derivations share. */
inline decided() {
  c_unsealed[latest] = c_unsealed[latest] & c_members[latest] & ~ONLY(c_primary[latest]);
#ifndef WISH_OF_AN_EARLIER_CONFIG
  wished = 0;
#endif
  printf("config %d is decided: epoch %d, primary %d, in sync %d, members %d, unsealed %d\n",
         latest, c_epoch[latest], c_primary[latest], c_in_sync[latest], c_members[latest], c_unsealed[latest]);
  check()
}

inline derive() {
  latest++;
  c_epoch[latest] = c_epoch[latest - 1]; c_primary[latest] = c_primary[latest - 1]; c_in_sync[latest] = c_in_sync[latest - 1];
  c_members[latest] = c_members[latest - 1]; c_unsealed[latest] = c_unsealed[latest - 1];
  c_empty[latest] = c_empty[latest - 1];
  if
#ifdef U_IS_EMPTIED_BY_A_CANDIDATE
  :: HAS(stood, latest - 1) || activated >= c_epoch[latest] -> c_unsealed[latest] = 0
#else
  :: activated >= c_epoch[latest] -> c_unsealed[latest] = 0
#endif
  :: else
  fi
}

inline lead(next) {
#ifdef SEALS_ONLY_THE_LAST_PRIMARY
  c_unsealed[latest] = 0;
#endif
  c_unsealed[latest] = c_unsealed[latest] | ONLY(c_primary[latest]);
  c_in_sync[latest] = c_in_sync[latest] | ONLY(next);
  c_primary[latest] = next;
  c_epoch[latest]++
}

#ifdef PROMOTES_ANYBODY
#define MAY_BE_PROMOTED(x) HAS(c_members[latest], x)
#else
#define MAY_BE_PROMOTED(x) HAS(c_in_sync[latest], x)
#endif

/* ---- A replica ---- */

#define ANSWER_IS_AWAITED(k) (IS_CANDIDATE(c_primary[k]) && sealed[c_primary[k]] == c_epoch[k])

/* A seal of the candidate in config k may arrive, and would change something. */
#ifdef SEAL_GOES_BACK
#define SEAL_COUNTS(me, k) (c_epoch[k] != sealed[me] || SEAL_REPEATS(me, k))
#else
#define SEAL_COUNTS(me, k) (c_epoch[k] > sealed[me] || SEAL_REPEATS(me, k))
#endif
#ifdef HEEDS_STRAGGLING_SEALS
#define IS_STRAGGLER(me) false
#else
#define IS_STRAGGLER(me) HAS(imaged, me)
#endif
#define SEAL_REPEATS(me, k) (c_epoch[k] == sealed[me] && !IS_STRAGGLER(me) && HAS(whole, me) && \
   (LACKS(c_in_sync[k], me) || (ANSWER_IS_AWAITED(k) && LACKS(sealed_in[c_epoch[k]], me))))
#define MAY_BE_SEALED(me, k) (HAS(stood, k) && HAS(TO_SEAL(k), me) && SEAL_COUNTS(me, k))

inline be_sealed(me, k) {
  if
  :: c_epoch[k] != sealed[me] ->
#ifndef STAYS_PRIMARY_WHEN_SEALED
     step_down(me);
#endif
     sealed[me] = c_epoch[k]; imaged = imaged & ~ONLY(me)
  :: else
  fi;
  if
  :: HAS(c_in_sync[k], me) && !IS_VOID(me, k) -> whole = whole | ONLY(me)
  :: HAS(c_in_sync[k], me) && IS_VOID(me, k) -> throw_away(me); whole = whole | ONLY(me)
#ifdef SEALED_OUTSIDE_KEEPS_COPY
  :: else
#else
  :: else -> throw_away(me)
#endif
  fi;
  if
  :: ANSWER_IS_AWAITED(k) && HAS(c_in_sync[k], me) -> sealed_in[c_epoch[k]] = sealed_in[c_epoch[k]] | ONLY(me); HELD(c_epoch[k], me) = length[me]
  :: ANSWER_IS_AWAITED(k) && LACKS(c_in_sync[k], me) -> sealed_out[c_epoch[k]] = sealed_out[c_epoch[k]] | ONLY(me)
  :: else
  fi
}

/* The next record of primary p extends the copy of me: it is of the sealed epoch, and the logs agree where they meet. */
#ifdef TAKES_RECORDS_BELOW_SEAL
#define IS_OF_SEALED_EPOCH(me, p) (reign[p] != 0 && reign[p] <= sealed[me])
#else
#define IS_OF_SEALED_EPOCH(me, p) (reign[p] != 0 && reign[p] == sealed[me])
#endif
#ifdef TAKES_RECORDS_OF_ANOTHER_HISTORY
#define EXTENDS(p, me) true
#else
#define EXTENDS(p, me) (length[me] == 0 || RECORD(me, length[me] - 1) == RECORD(p, length[me] - 1))
#endif
#define MAY_RECEIVE(me, p) (me != p && IS_OF_SEALED_EPOCH(me, p) && HAS(fed[p], me) && HAS(whole, me) && reign[me] == 0 && \
   length[me] < length[p] && EXTENDS(p, me))

/* A learner of p that has no feed yet. */
#define MAY_LEARN_FROM(me, p) (me != p && reign[p] != 0 && reign[p] >= sealed[me] && LACKS(fed[p], me) && \
   HAS(c_members[known[p]], me) && LACKS(c_in_sync[known[p]], me))

inline take_snapshot(me, p) {
  if
  :: reign[p] > sealed[me] -> step_down(me); sealed[me] = reign[p]
  :: else
  fi;
#ifdef SNAPSHOT_KEEPS_COPY
  if
  :: length[me] <= committed[p] -> copy_log(p, me, committed[p])
  :: else
  fi;
#else
  throw_away(me);
  copy_log(p, me, committed[p]);
#endif
  whole = whole | ONLY(me); imaged = imaged | ONLY(me);
  fed[p] = fed[p] | ONLY(me);
  if
  :: HELD(reign[p], me) < length[me] -> HELD(reign[p], me) = length[me]
  :: else
  fi
}

/* ---- A candidate ---- */

#ifdef SEALS_NOBODY
#define TO_SEAL_FIRST(k) 0
#else
#ifdef SEALS_NO_FORMER_PRIMARY
#define TO_SEAL_FIRST(k) (TO_SEAL(k) & c_in_sync[k])
#else
#ifdef SEALS_NO_BACKUP
#define TO_SEAL_FIRST(k) (TO_SEAL(k) & c_unsealed[k])
#else
#define TO_SEAL_FIRST(k) TO_SEAL(k)
#endif
#endif
#endif
#define ALL_SEALED(me) ((TO_SEAL_FIRST(known[me]) & \
   ~((sealed_in[sealed[me]] & c_in_sync[known[me]]) | (sealed_out[sealed[me]] & ~c_in_sync[known[me]]))) == 0)

inline find_longest(me) {
  longest = me; j = length[me];
  for (n : 0 .. MEMBERS - 1) {
    if
    :: n != me && HAS(c_in_sync[known[me]], n) && HAS(sealed_in[sealed[me]], n) && HELD(sealed[me], n) > j -> longest = n; j = HELD(sealed[me], n)
    :: else
    fi
  }
}

/* One step for both: pulls from the longest log if there is a longer one and its holder still answers, or activates. */
inline roll_forward_or_activate(me) {
  find_longest(me);
#ifdef DOES_NOT_ROLL_FORWARD
  longest = me;
#endif
  if
  :: longest == me ->
     assert(activated < sealed[me] || c_epoch[latest] > sealed[me]);
     reign[me] = sealed[me];
     if
     :: activated < reign[me] -> activated = reign[me]
     :: else
     fi;
     committed[me] = 0;  /* It may know more; less demands more of it here. */
     recommit[me] = length[me];
     fed[me] = c_in_sync[known[me]]; awaited[me] = c_in_sync[known[me]];
     sealed_in[sealed[me]] = 0; sealed_out[sealed[me]] = 0;
     for (n : 0 .. MEMBERS - 1) {
       if
#ifndef SEAL_COUNTS_AS_ACK_OF_A_LEARNER
       :: LACKS(awaited[me], n) -> HELD(sealed[me], n) = 0  /* Sealed as in sync by an earlier config: now a learner like others. */
#endif
       :: else
       fi
     }
  :: longest != me && sealed[longest] == sealed[me] && HAS(whole, longest) && length[longest] > length[me] -> copy_log(longest, me, length[longest])
  :: else
  fi
}

/* ---- A primary ---- */

inline find_held_by_all_awaited(me) {
  j = length[me];
  for (n : 0 .. MEMBERS - 1) {
    if
#ifdef COMMITS_WITHOUT_ALL_ACKS
    :: n != me && HAS(awaited[me], n) && HELD(reign[me], n) < j && (awaited[me] & ~ONLY(me) & (ONLY(n) - 1)) == 0 -> j = HELD(reign[me], n)
#else
    :: n != me && HAS(awaited[me], n) && HELD(reign[me], n) < j -> j = HELD(reign[me], n)
#endif
    :: else
    fi
  }
}

/* Would the seals of a later primary keep it from committing? A learner is not sealed: to await one is no company. */
#ifdef LEARNER_IS_COMPANY
#define IS_FENCED(me) (awaited[me] != ONLY(me))
#else
#define IS_FENCED(me) (c_in_sync[known[me]] != ONLY(me))
#endif
#ifdef COMMITS_ALONE_WITHOUT_LEASE
#define MAY_COMMIT(me) true
#else
#define MAY_COMMIT(me) (IS_FENCED(me) || MAY_HOLD_LEASE(me))
#endif

/* The next record has committed at me, and its writer is told. */
inline acknowledge(me, position) {
  assert(reign[me] >= c_empty[latest]);  /* 16: what is acknowledged after a loss is not part of what was lost. */
  if
  :: position < visible -> assert(seen[position] == RECORD(me, position))  /* 5 */
  :: else -> assert(position == visible); seen[position] = RECORD(me, position); visible++
  fi
}

inline commit(me) {
  find_held_by_all_awaited(me);
  if
  :: committed[me] < j ->
     printf("%d commits record %d\n", me, committed[me] + 1);
     acknowledge(me, committed[me]); committed[me]++;
     check()
  :: else
  fi;
  n = 0
}

#ifdef AWAITS_BEFORE_RECOMMIT
#define HOLDS_ALL_KNOWN(me, x) true
#else
#define HOLDS_ALL_KNOWN(me, x) (HELD(reign[me], x) >= recommit[me])
#endif
#define MAY_BE_AWAITED(me, x) (reign[me] != 0 && HAS(fed[me], x) && LACKS(awaited[me], x) && HOLDS_ALL_KNOWN(me, x))

#ifdef ASKS_BEFORE_AWAITING
#define IS_READY_TO_ASK(me, x) HAS(fed[me], x)
#else
#define IS_READY_TO_ASK(me, x) HAS(awaited[me], x)
#endif
#ifdef ASKS_BEFORE_CAUGHT_UP
#define HAS_CAUGHT_UP(me, x) IS_READY_TO_ASK(me, x)
#else
#define HAS_CAUGHT_UP(me, x) (IS_READY_TO_ASK(me, x) && HELD(reign[me], x) >= committed[me])
#endif
#define MAY_ASK_FOR(me, x) (reign[me] != 0 && wished == 0 && known[me] == latest && latest < CONFIGS - 1 && LACKS(c_in_sync[latest], x) && \
   HAS_CAUGHT_UP(me, x))

proctype member(byte me) {
  byte k, x;
  do
  /* Installs a view. */
  :: atomic {
     if
     :: MAY_LEAD_OR_STEP_DOWN(me, 1) -> k = 1
     :: MAY_LEAD_OR_STEP_DOWN(me, 2) -> k = 2
#if CONFIGS > 3
     :: MAY_LEAD_OR_STEP_DOWN(me, 3) -> k = 3
#endif
#if CONFIGS > 4
     :: MAY_LEAD_OR_STEP_DOWN(me, 4) -> k = 4
#endif
     fi;
     d_step {
       learn(me, k);
       printf("%d installs config %d: epoch %d, primary %d, in sync %d\n", me, k, c_epoch[k], c_primary[k], c_in_sync[k]);
       check(); k = 0
     }}
  /* A seal arrives, perhaps long after it was sent. */
  :: atomic {
     if
     :: MAY_BE_SEALED(me, 1) -> k = 1
     :: MAY_BE_SEALED(me, 2) -> k = 2
#if CONFIGS > 3
     :: MAY_BE_SEALED(me, 3) -> k = 3
#endif
#if CONFIGS > 4
     :: MAY_BE_SEALED(me, 4) -> k = 4
#endif
     fi;
     d_step { be_sealed(me, k); printf("%d is sealed by config %d, holds %d\n", me, k, length[me]); check(); k = 0 }}
  /* As a follower: the next record, or a snapshot. */
  :: atomic {
     if
     :: MAY_RECEIVE(me, 0) -> x = 0
     :: MAY_RECEIVE(me, 1) -> x = 1
#if MEMBERS > 2
     :: MAY_RECEIVE(me, 2) -> x = 2
#endif
#if MEMBERS > 3
     :: MAY_RECEIVE(me, 3) -> x = 3
#endif
     fi;
     d_step { RECORD(me, length[me]) = RECORD(x, length[me]); length[me]++; HELD(reign[x], me) = length[me];
       printf("%d receives a record from %d, holds %d\n", me, x, length[me]); check(); x = 0 }}
  :: atomic {
     if
     :: MAY_LEARN_FROM(me, 0) -> x = 0
     :: MAY_LEARN_FROM(me, 1) -> x = 1
#if MEMBERS > 2
     :: MAY_LEARN_FROM(me, 2) -> x = 2
#endif
#if MEMBERS > 3
     :: MAY_LEARN_FROM(me, 3) -> x = 3
#endif
     fi;
     d_step { take_snapshot(me, x); printf("%d takes a snapshot of %d, holds %d\n", me, x, length[me]); check(); x = 0 }}
  /* As a candidate, and as a primary: writes, commits, awaits a learner, asks for it. */
  :: d_step { IS_CANDIDATE(me) && ALL_SEALED(me) ->
     roll_forward_or_activate(me); printf("%d rolls forward to %d, leads epoch %d\n", me, length[me], reign[me]); check() }
  :: d_step { reign[me] != 0 && length[me] < POSITIONS ->
     RECORD(me, length[me]) = reign[me]; length[me]++; printf("%d writes record %d\n", me, length[me]); check() }
  :: d_step { reign[me] != 0 && committed[me] < length[me] && MAY_COMMIT(me) -> commit(me) }
  :: atomic {
     if
     :: MAY_BE_AWAITED(me, 0) -> x = 0
     :: MAY_BE_AWAITED(me, 1) -> x = 1
#if MEMBERS > 2
     :: MAY_BE_AWAITED(me, 2) -> x = 2
#endif
#if MEMBERS > 3
     :: MAY_BE_AWAITED(me, 3) -> x = 3
#endif
     fi;
     d_step { awaited[me] = awaited[me] | ONLY(x); printf("%d awaits %d\n", me, x); x = 0 }}
#ifndef GOES_ON_EMPTY
  :: atomic {
     if
     :: MAY_ASK_FOR(me, 0) -> x = 0
     :: MAY_ASK_FOR(me, 1) -> x = 1
#if MEMBERS > 2
     :: MAY_ASK_FOR(me, 2) -> x = 2
#endif
#if MEMBERS > 3
     :: MAY_ASK_FOR(me, 3) -> x = 3
#endif
     fi;
     d_step { wished = 1 + x; printf("%d asks for %d\n", me, x); x = 0 }}
#endif
#ifdef STOPS_AWAITING_BY_ITSELF
  :: d_step { reign[me] != 0 && (awaited[me] & ~c_in_sync[known[me]]) != 0 -> awaited[me] = awaited[me] & c_in_sync[known[me]] }
#endif
#ifdef READS_PENDING
  :: d_step { MAY_SERVE(me) && visible < length[me] && committed[me] == visible -> acknowledge(me, visible); }
#endif
  od
}

/* Decides the configs, as any sequence of views may. A removal is decided when the lease of the removed has ended: that is, whenever. */
init {
  byte x, next;
  d_step {
    c_epoch[0] = 1; c_in_sync[0] = IN_SYNC_AT_FIRST; c_members[0] = ALL_MEMBERS;
    for (i : 0 .. MEMBERS - 1) { sealed[i] = HAS(IN_SYNC_AT_FIRST, i) }
    whole = IN_SYNC_AT_FIRST;
    reign[0] = 1; activated = 1; fed[0] = IN_SYNC_AT_FIRST; awaited[0] = IN_SYNC_AT_FIRST;
    i = 0
  }
  atomic {
    for (x : 0 .. MEMBERS - 1) { run member(x) }
    x = 0
  }
  do
  :: atomic { latest < CONFIGS - 1 ->
     do
     :: x < MEMBERS - 1 -> x++
     :: break
     od;
     do
     :: next < MEMBERS - 1 -> next++
     :: break
     od;
     if
#ifdef GOES_ON_EMPTY
     :: x != next && c_in_sync[latest] == ONLY(x) && HAS(c_members[latest], next) ->
        /* The only copy is gone: the row goes on without what it held. That is a loss, and an event says so. */
        d_step {
          derive();
          c_members[latest] = c_members[latest] & ~ONLY(x);
          c_in_sync[latest] = 0;
          lead(next);
          c_empty[latest] = c_epoch[latest];
          visible = 0;
          for (i : 0 .. POSITIONS - 1) { seen[i] = 0 }
          decided(); x = 0; next = 0
        }
#endif
     :: x != next && HAS(c_members[latest], x) && (c_in_sync[latest] & ~ONLY(x)) != 0 &&
        (c_primary[latest] == x -> MAY_BE_PROMOTED(next) : next == (x + 1) % MEMBERS) ->
        /* x is removed; if it was the primary, next takes over. */
        d_step {
          derive();
          c_members[latest] = c_members[latest] & ~ONLY(x);
          if
          :: c_primary[latest] == x -> lead(next)
          :: else
          fi;
          c_in_sync[latest] = c_in_sync[latest] & ~ONLY(x);
          decided(); x = 0; next = 0
        }
     :: x == c_primary[latest] && next != x && MAY_BE_PROMOTED(next) ->
        /* x hands over to next, and stays in sync. */
        d_step { derive(); lead(next); decided(); x = 0; next = 0 }
     :: x == c_primary[latest] && next != x && MAY_BE_PROMOTED(next) ->
        /* x hands over to next, and leaves the in-sync set by the same view. */
        d_step { derive(); lead(next); c_in_sync[latest] = c_in_sync[latest] & ~ONLY(x); decided(); x = 0; next = 0 }
     :: x == c_primary[latest] && next != x && HAS(c_in_sync[latest], next) ->
        /* The backup next is no longer wanted in sync. */
        d_step { derive(); c_in_sync[latest] = c_in_sync[latest] & ~ONLY(next); decided(); x = 0; next = 0 }
     :: x == c_primary[latest] && next == wished - 1 ->
        /* The learner that the primary asked for is in sync. */
        d_step { derive(); c_in_sync[latest] = c_in_sync[latest] | ONLY(next); decided(); x = 0; next = 0 }
     :: else -> x = 0; next = 0
     fi
     }
  od
}
