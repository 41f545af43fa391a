/*
 * Views and leases: Paxos for each view number among the voters of the view before, grants, removals, and one row's seals.
 *
 * What each part stands for in actors/protocol/membership, what was left out, and why that is sound: README.md. The numbers at the
 * assertions are the invariants of DESIGN section 6.
 *
 * Every step of every member is atomic. Messages are facts that are never forgotten: so they are delayed, reordered, duplicated and
 * lost. A crash or a pause is a member that takes no more steps; a restarted process is a joiner.
 *
 * Time has no numbers. One heartbeat of one member is followed, sent at a moment chosen freely: the oldest of those on which some
 * lease rests. Whoever acknowledges it, or installs a view that counts, *after* it was sent waits beyond its end before it may remove
 * the sender, since 1.05 T on one clock is at least T on another; whoever did so before may have waited enough. So `waiting` is never
 * emptied, and what ends the heartbeat (its sender installs, is sealed, gives up its lease) is a step that the sender does not take:
 * nothing can be violated by this heartbeat after it. (README, "Time".)
 */

#ifndef MEMBERS
#define MEMBERS 4     /* identities, in order of age; those that are no founders may join */
#endif
#ifndef FOUNDERS
#define FOUNDERS 3    /* the members of view 0 */
#endif
#ifndef VIEWS
#define VIEWS 3       /* that can be decided: 1 to VIEWS */
#endif
#ifndef BALLOTS
#define BALLOTS 1     /* of a number: ballot 0 is round 0, the others are rounds >= 1 in their order */
#endif
#ifndef VOTERS_MAX
#define VOTERS_MAX 7  /* the oldest members vote */
#endif

#define ONLY(x) (1 << (x))
#define HAS(set, x) (((set) >> (x)) & 1)
#define LACKS(set, x) (!HAS(set, x))
#if MEMBERS == 3
#define SETS 8        /* of members */
#elif MEMBERS == 4
#define SETS 16
#else
#define SETS 32
#endif

/* The decided views. */
byte latest;
byte v_members[VIEWS + 1];
#ifdef ROWS
byte v_primary[VIEWS + 1];
byte v_epoch[VIEWS + 1];
byte v_unsealed[VIEWS + 1];
#endif

/* The ballots for each number: the proposed view, who accepted it, who promised. A view is its set of members, and its primary. */
#define BALLOT(number, b) ((number) * BALLOTS + (b))
byte members_in[(VIEWS + 1) * BALLOTS];  /* 0: nothing was proposed yet */
#ifdef ROWS
byte primary_in[(VIEWS + 1) * BALLOTS];
#endif
byte accepted_by[(VIEWS + 1) * BALLOTS];
#if BALLOTS > 1
byte promised_by[(VIEWS + 1) * BALLOTS];
byte told[(VIEWS + 1) * BALLOTS * MEMBERS];  /* with a promise: 0 nothing was accepted, 1 + the ballot that was */
#define TOLD(number, b, x) told[BALLOT(number, b) * MEMBERS + (x)]
#endif

/* A member: 1 + the number of its installed view, which is the number that it votes on; 0 before it has joined. */
byte installed[MEMBERS];
byte promised[MEMBERS];  /* the lowest ballot that may still be accepted */
byte accepted[MEMBERS];  /* 0: nothing; 1 + ballot */
#ifdef HOLDS
byte held[MEMBERS];      /* a proposal that may not be accepted yet; 0: none; 1 + ballot */
#endif
byte given_up;           /* whose lease of the installed view is gone for good */
byte consent[MEMBERS];   /* by which number the member agrees to be removed; 0: by none */
byte consented_ever;

/* The heartbeat that is followed. */
byte beat;               /* 1 + its sender; 0: not sent yet */
byte grants;             /* who acknowledged it */
byte waiting;            /* who may not remove its sender before it has ended */

#ifdef ROWS
byte sealed[MEMBERS];
byte reign[MEMBERS];
byte last_activated;
#endif

/* Scratch, meaningless between steps; and what is the same in all states. */
hidden byte i, n, who;
hidden byte waits;
hidden byte count[SETS];
hidden byte voters[SETS];

#define VIEW_OF(x) v_members[installed[x] - 1]
#define HAS_JOINED(x) (installed[x] != 0)
#define NUMBER(x) installed[x]
#define IS_VOTER(x) HAS(voters[VIEW_OF(x)], x)
#define PROPOSED(number, b) members_in[BALLOT(number, b)]

#ifdef STRICT
/* Of an even number of voters the oldest weighs one and a half. Counted in quarters of a vote. */
#define IS_EVEN(of) (count[of] % 2 == 0)
#define OLDEST(of) ((of) & (0 - (of)))
#ifdef OLDEST_PRESENT_WEIGHS_MORE
#define CASTS_THE_TIE(set, of) (((set) & (of)) != 0)
#else
#define CASTS_THE_TIE(set, of) (((set) & OLDEST(of)) != 0)
#endif
#define IS_MAJORITY(set, of) (4 * count[(set) & (of)] + 2 * (IS_EVEN(of) && CASTS_THE_TIE(set, of)) > 2 * count[of] + IS_EVEN(of))
#else
#define IS_MAJORITY(set, of) (2 * count[(set) & (of)] > count[of])
#endif
/* Counted in the voters of the view before. `next` is the proposed view: it does not matter. */
#ifdef QUORUM_OF_THE_LIVE
#define IS_QUORUM(set, number, next) (2 * count[(set) & voters[v_members[number - 1]]] > count[voters[v_members[number - 1]]] - 1)
#else
#ifdef QUORUM_OF_THE_NEXT
#define IS_QUORUM(set, number, next) IS_MAJORITY(set, voters[next])
#else
#define IS_QUORUM(set, number, next) IS_MAJORITY(set, voters[v_members[number - 1]])
#endif
#endif

/* ---- Leases ---- */

#define SENDER (beat - 1)

#ifdef LEASE_OF_ALL_MEMBERS
#define LEASE_VOTERS(set) (set)
#else
#define LEASE_VOTERS(set) voters[set]
#endif
#ifdef LEASE_LACKS_ONE_GRANT
#define HOLDS_LEASE (2 * (count[grants & LEASE_VOTERS(VIEW_OF(SENDER))] + 1) > count[LEASE_VOTERS(VIEW_OF(SENDER))])
#else
#define HOLDS_LEASE IS_MAJORITY(grants, LEASE_VOTERS(VIEW_OF(SENDER)))
#endif

inline check() {
  if
  :: beat != 0 && HOLDS_LEASE ->
     /* 2: no view that removes the holder of a lease has been decided. */
     for (i : installed[SENDER] .. latest) { assert(HAS(v_members[i], SENDER)) }
#ifdef ROWS
     /* 3, and more: while a primary holds a lease and is not sealed, no later epoch of its row is active anywhere. */
     assert(v_primary[installed[SENDER] - 1] != SENDER || reign[SENDER] != v_epoch[installed[SENDER] - 1] ||
            sealed[SENDER] != reign[SENDER] || reign[SENDER] >= last_activated)
#endif
  :: else
  fi;
  i = 0
}

/* May me vote for these members of the next view, as far as leases go? */
#define REMOVES_SENDER(number, members) (beat != 0 && HAS(v_members[number - 1], SENDER) && LACKS(members, SENDER))
#ifdef CONSENT_IS_UNTAGGED
#define HAS_CONSENT(number) HAS(consented_ever, SENDER)
#else
#define HAS_CONSENT(number) (consent[SENDER] == number)
#endif
#ifdef OWN_REMOVAL_KEEPS_LEASE
#define SENDER_VOTES_ITSELF_OUT(me) false
#else
#define SENDER_VOTES_ITSELF_OUT(me) (me == SENDER)  /* That is consent, and would end the heartbeat. */
#endif
#define MAY_ACCEPT(me, number, members) (!REMOVES_SENDER(number, members) || \
   (!SENDER_VOTES_ITSELF_OUT(me) && (HAS_CONSENT(number) || LACKS(waiting, me))))

/* May me acknowledge the heartbeat? */
#define KEEPS(me, b) HAS(PROPOSED(NUMBER(me), b), SENDER)
#ifdef STRICT
#define MAY_GRANT_ON(of) true
#else
#define MAY_GRANT_ON(of) (count[of] != 2)  /* One of two may survive: see election::note_accepted. */
#endif
#define LEAVES_VOTERS(me, b) (voters[PROPOSED(NUMBER(me), b)] == voters[VIEW_OF(me)] && MAY_GRANT_ON(voters[VIEW_OF(me)]))
#ifdef GRANTS_AFTER_ACCEPTING
#define ACCEPTED_ALLOWS(me) true
#else
#ifdef GRANTS_ON_WITH_NEW_VOTERS
#define ACCEPTED_ALLOWS(me) (accepted[me] == 0 || KEEPS(me, accepted[me] - 1))
#else
#ifdef GRANTS_ON_TO_THE_REMOVED
#define ACCEPTED_ALLOWS(me) (accepted[me] == 0 || LEAVES_VOTERS(me, accepted[me] - 1))
#else
#define ACCEPTED_ALLOWS(me) (accepted[me] == 0 || (LEAVES_VOTERS(me, accepted[me] - 1) && KEEPS(me, accepted[me] - 1)))
#endif
#endif
#endif
#ifdef HOLDS
#define HELD_ALLOWS(me) (held[me] == 0 || KEEPS(me, held[me] - 1))
#else
#define HELD_ALLOWS(me) true
#endif
#ifdef GRANTS_IN_ANY_VIEW
#define VIEW_ALLOWS(me) (HAS_JOINED(me) && (installed[me] != installed[SENDER] || (ACCEPTED_ALLOWS(me) && HELD_ALLOWS(me))))
#else
#define VIEW_ALLOWS(me) (installed[me] == installed[SENDER] && ACCEPTED_ALLOWS(me) && HELD_ALLOWS(me))
#endif
#define MAY_GRANT(me) (beat != 0 && LACKS(grants, me) && HAS(LEASE_VOTERS(VIEW_OF(SENDER)), me) && VIEW_ALLOWS(me))

#ifdef CONSENT_KEEPS_LEASE
#define LEASE_MAY_BE_HELD(me) true
#define MAY_CONSENT(me) (beat == 0 || SENDER == me)
#else
#define LEASE_MAY_BE_HELD(me) LACKS(given_up, me)
#define MAY_CONSENT(me) (beat == 0)
#endif
#ifdef ROWS
#define IS_WORTH_FOLLOWING(me) (v_primary[installed[me] - 1] == me && sealed[me] == v_epoch[installed[me] - 1])
#else
#define IS_WORTH_FOLLOWING(me) true
#endif

/* ---- Paxos ---- */

#ifdef ACCEPTS_BELOW_PROMISE
#define PROMISE_ALLOWS(me, b) true
#else
#ifdef HELD_SURVIVES_PROMISE
#define PROMISE_ALLOWS(me, b) (promised[me] <= b || held[me] == 1 + b)
#else
#define PROMISE_ALLOWS(me, b) (promised[me] <= b)
#endif
#endif

/* A decided number needs no more votes where a number has but one ballot: they would only forbid. */
#if BALLOTS > 1
#define IS_OPEN(number) true
#else
#define IS_OPEN(number) (number > latest)
#endif
#define MAY_VOTE(me, b) (HAS_JOINED(me) && NUMBER(me) <= VIEWS && IS_VOTER(me) && IS_OPEN(NUMBER(me)) && PROMISE_ALLOWS(me, b) && \
   LACKS(accepted_by[BALLOT(NUMBER(me), b)], me))
#define MAY_ACCEPT_IN(me, b) (PROPOSED(NUMBER(me), b) != 0 && MAY_ACCEPT(me, NUMBER(me), PROPOSED(NUMBER(me), b)))
/* The oldest voter uses round 0 once. Who it is, and whether it lives, does not matter: its proposal reaches whom it reaches. */
#define NOTHING_PROPOSED(me, b) (PROPOSED(NUMBER(me), b) == 0)
#ifdef SKIPS_PHASE_ONE
#define IS_PROMISED(me, b) true
#else
#define IS_PROMISED(me, b) (promised_by[BALLOT(NUMBER(me), b)] != 0)
#endif

inline decide(number, b) {
  if
  :: number <= latest ->
     assert(v_members[number] == PROPOSED(number, b));  /* 1: one decided view per number */
#ifdef ROWS
     assert(v_primary[number] == primary_in[BALLOT(number, b)])
#endif
  :: else ->
     latest = number;
     v_members[latest] = PROPOSED(number, b);
     printf("view %d is decided by ballot %d: members %d\n", number, b, v_members[number]);
#ifdef ROWS
     v_primary[latest] = primary_in[BALLOT(number, b)];
     v_epoch[latest] = v_epoch[latest - 1] + (v_primary[latest] != v_primary[latest - 1]);
     /* All former primaries since the last completed activation. */
     if
     :: last_activated >= v_epoch[latest - 1] -> v_unsealed[latest] = 0
     :: else -> v_unsealed[latest] = v_unsealed[latest - 1]
     fi;
#ifdef SEALS_ONLY_THE_LAST_PRIMARY
     v_unsealed[latest] = 0;
#endif
     if
     :: v_primary[latest] != v_primary[latest - 1] -> v_unsealed[latest] = v_unsealed[latest] | ONLY(v_primary[latest - 1])
     :: else
     fi;
     v_unsealed[latest] = v_unsealed[latest] & v_members[latest] & ~ONLY(v_primary[latest]);
#endif
#if BALLOTS == 1
     accepted_by[BALLOT(number, b)] = 0
#endif
  fi
}

inline accept(me, number, b) {
  accepted_by[BALLOT(number, b)] = accepted_by[BALLOT(number, b)] | ONLY(me);
  if
  :: number == installed[me] ->
     accepted[me] = 1 + b;
     if
     :: promised[me] < b -> promised[me] = b
     :: else
     fi;
#ifdef HOLDS
     held[me] = 0;
#endif
     if
     :: LACKS(PROPOSED(number, b), me) && beat != 1 + me -> given_up = given_up | ONLY(me); consent[me] = number
     :: else
     fi
  :: else
  fi;
  printf("%d accepts view %d of ballot %d: members %d\n", me, number, b, PROPOSED(number, b));
  if
  :: IS_QUORUM(accepted_by[BALLOT(number, b)], number, PROPOSED(number, b)) -> decide(number, b)
  :: else
  fi;
  check()
}

/* The identities that were members before this number. They join in order: so whoever is next has the number of EVER + 1. */
#define EVER_1 v_members[0]
#define EVER_2 (v_members[0] | v_members[1])
#if VIEWS > 2
#define EVER_3 (EVER_2 | v_members[2])
#else
#define EVER_3 EVER_2
#endif
#if VIEWS > 3
#define EVER_4 (EVER_3 | v_members[3])
#else
#define EVER_4 EVER_3
#endif
#define EVER(number) (number == 1 -> EVER_1 : (number == 2 -> EVER_2 : (number == 3 -> EVER_3 : EVER_4)))

/* Any change that removes at most one member and lets at most one in; or none, where only rows change. */
inline choose_members(number) {
  members = v_members[number - 1];
  if
  :: true
  :: HAS(v_members[number - 1], 0) -> members = members & ~ONLY(0)
  :: HAS(v_members[number - 1], 1) -> members = members & ~ONLY(1)
#if MEMBERS > 2
  :: HAS(v_members[number - 1], 2) -> members = members & ~ONLY(2)
#endif
#if MEMBERS > 3
  :: HAS(v_members[number - 1], 3) -> members = members & ~ONLY(3)
#endif
#if MEMBERS > 4
  :: HAS(v_members[number - 1], 4) -> members = members & ~ONLY(4)
#endif
  fi;
  if
  :: members != 0
  :: EVER(number) + 1 < SETS -> members = members | (EVER(number) + 1)
  fi
}

#ifdef ROWS
#ifdef HAND_OVERS
#define MAY_LEAD(number, x) HAS(members, x)
#else
#define MAY_LEAD(number, x) (HAS(members, x) && (v_primary[number - 1] == x || LACKS(members, v_primary[number - 1])))
#endif
inline choose_primary(number) {
  if
  :: MAY_LEAD(number, 0) -> primary = 0
  :: MAY_LEAD(number, 1) -> primary = 1
#if MEMBERS > 2
  :: MAY_LEAD(number, 2) -> primary = 2
#endif
#if MEMBERS > 3
  :: MAY_LEAD(number, 3) -> primary = 3
#endif
#if MEMBERS > 4
  :: MAY_LEAD(number, 4) -> primary = 4
#endif
  fi
}
#else
inline choose_primary(number) { skip }
#endif

inline propose(me, number, b) {
  if
  :: members != 0 && MAY_ACCEPT(me, number, members) ->
     PROPOSED(number, b) = members;
#ifdef ROWS
     primary_in[BALLOT(number, b)] = primary;
#endif
#if BALLOTS > 1
     promised_by[BALLOT(number, b)] = 0;  /* Of no more use. */
     for (i : 0 .. MEMBERS - 1) { TOLD(number, b, i) = 0 }
#endif
     accept(me, number, b)
  :: else
  fi;
  members = 0; primary = 0
}

#if BALLOTS > 1
/* How many of those who promised had accepted nothing above ballot x - 1, and whether one of them told of exactly that ballot. With
 * a majority of such promises the proposer may have heard of that ballot as the highest. x = 0: of nothing at all. */
inline hear(number, b, x) {
  who = 0; waits = (x == 0);
  for (i : 0 .. MEMBERS - 1) {
    if
    :: HAS(promised_by[BALLOT(number, b)], i) ->
       if
#ifdef IGNORES_THE_ACCEPTED
       :: true -> who = who | ONLY(i)
#else
#ifdef ADOPTS_THE_LOWEST
       :: TOLD(number, b, i) >= x && (x > 0 || TOLD(number, b, i) == 0) -> who = who | ONLY(i)
       :: x > 0 && TOLD(number, b, i) == 0 -> who = who | ONLY(i)
#else
       :: TOLD(number, b, i) <= x -> who = who | ONLY(i)
#endif
#endif
       :: else
       fi;
       if
       :: x > 0 && TOLD(number, b, i) == x -> waits = true
       :: else
       fi
    :: else
    fi
  }
  i = 0
}
#define HEARD(number) (waits && IS_QUORUM(who, number, members))
#endif

inline install(me, number) {
  waits = !HAS_JOINED(me);
#ifdef JOINER_DOES_NOT_WAIT
  waits = false;
#endif
#ifdef ONLY_NEW_VOTERS_WAIT
  waits = waits || (HAS_JOINED(me) && !IS_VOTER(me));
#else
  for (i : 1 .. number) {
    if
    :: HAS_JOINED(me) && i >= installed[me] && voters[v_members[i]] != voters[v_members[i - 1]] -> waits = true
    :: else
    fi
  }
#endif
#ifdef INSTALL_DOES_NOT_COUNT
  waits = false;
#endif
  if
  :: beat != 0 && waits && beat != 1 + me -> waiting = waiting | ONLY(me)
  :: else
  fi;
  installed[me] = number + 1;
  promised[me] = 0; accepted[me] = 0; consent[me] = 0;
  given_up = given_up & ~ONLY(me);
#ifdef HOLDS
  held[me] = 0;
#endif
#ifdef ROWS
  if
  :: v_primary[number] == me && sealed[me] < v_epoch[number] -> sealed[me] = v_epoch[number]
  :: else
  fi;
  if
  :: reign[me] < v_epoch[number] || v_primary[number] != me -> reign[me] = 0
  :: else
  fi;
#endif
  printf("%d installs view %d\n", me, number);
  check()
}

#define IS_HELD_BACK(me) (beat == 1 + me)  /* To install would end the heartbeat. */
#define MAY_INSTALL(me, number) (number <= latest && installed[me] <= number && HAS(v_members[number], me) && !IS_HELD_BACK(me))

#ifdef ROWS
#define LEADS(x) (HAS_JOINED(x) && v_primary[installed[x] - 1] == x && sealed[x] == v_epoch[installed[x] - 1])
#define MAY_BE_SEALED_BY(me, x) (HAS_JOINED(me) && beat != 1 + me && LEADS(x) && HAS(v_unsealed[installed[x] - 1], me) && sealed[me] < sealed[x])
#ifdef SEALS_NO_FORMER_PRIMARY
#define HAS_SEALED(me, x) true
#else
#define HAS_SEALED(me, x) (LACKS(v_unsealed[installed[me] - 1], x) || sealed[x] >= sealed[me])
#endif
#if MEMBERS > 4
#define HAS_SEALED_ALL(me) (HAS_SEALED(me, 0) && HAS_SEALED(me, 1) && HAS_SEALED(me, 2) && HAS_SEALED(me, 3) && HAS_SEALED(me, 4))
#else
#if MEMBERS > 3
#define HAS_SEALED_ALL(me) (HAS_SEALED(me, 0) && HAS_SEALED(me, 1) && HAS_SEALED(me, 2) && HAS_SEALED(me, 3))
#else
#define HAS_SEALED_ALL(me) (HAS_SEALED(me, 0) && HAS_SEALED(me, 1) && HAS_SEALED(me, 2))
#endif
#endif
#endif

proctype member(byte me) {
  byte members, primary, b, x;
  do
  /* Learns a decided view, skipping others or not. */
  :: d_step { MAY_INSTALL(me, 1) -> install(me, 1) }
  :: d_step { MAY_INSTALL(me, 2) -> install(me, 2) }
#if VIEWS > 2
  :: d_step { MAY_INSTALL(me, 3) -> install(me, 3) }
#endif
#if VIEWS > 3
  :: d_step { MAY_INSTALL(me, 4) -> install(me, 4) }
#endif

  /* Round 0, to which the first voter that it reaches agrees. */
  :: atomic { MAY_VOTE(me, 0) && NOTHING_PROPOSED(me, 0) -> choose_members(NUMBER(me)); choose_primary(NUMBER(me)); d_step { propose(me, NUMBER(me), 0) }}
  :: d_step { MAY_VOTE(me, 0) && MAY_ACCEPT_IN(me, 0) -> accept(me, NUMBER(me), 0) }

#if BALLOTS > 1
  :: atomic {
     if
     :: MAY_VOTE(me, 1) && promised[me] < 1 && NOTHING_PROPOSED(me, 1) -> b = 1
#if BALLOTS > 2
     :: MAY_VOTE(me, 2) && promised[me] < 2 && NOTHING_PROPOSED(me, 2) -> b = 2
#endif
     fi;
     d_step {
       promised[me] = b;
       promised_by[BALLOT(NUMBER(me), b)] = promised_by[BALLOT(NUMBER(me), b)] | ONLY(me);
       TOLD(NUMBER(me), b, me) = accepted[me];
#if defined(HOLDS) && !defined(HELD_SURVIVES_PROMISE)
       held[me] = 0;
#endif
       printf("%d promises ballot %d for view %d\n", me, b, NUMBER(me));
       b = 0
     }}
  :: atomic {
     if
     :: MAY_VOTE(me, 1) && MAY_ACCEPT_IN(me, 1) -> b = 1
#if BALLOTS > 2
     :: MAY_VOTE(me, 2) && MAY_ACCEPT_IN(me, 2) -> b = 2
#endif
     fi;
     d_step { accept(me, NUMBER(me), b); b = 0 }}
  /* A promised quorum, and nothing accepted in it: any view. */
  :: atomic {
     if
     :: MAY_VOTE(me, 1) && NOTHING_PROPOSED(me, 1) && IS_PROMISED(me, 1) -> b = 1
#if BALLOTS > 2
     :: MAY_VOTE(me, 2) && NOTHING_PROPOSED(me, 2) && IS_PROMISED(me, 2) -> b = 2
#endif
     fi;
     choose_members(NUMBER(me)); choose_primary(NUMBER(me));
     d_step {
       hear(NUMBER(me), b, 0);
       if
#ifdef SKIPS_PHASE_ONE
       :: true -> propose(me, NUMBER(me), b)
#else
       :: HEARD(NUMBER(me)) -> propose(me, NUMBER(me), b)
#endif
       :: else -> members = 0; primary = 0
       fi;
       b = 0
     }}
  /* Or the view of the highest ballot that was accepted there. */
  :: atomic {
     if
     :: MAY_VOTE(me, 1) && NOTHING_PROPOSED(me, 1) && IS_PROMISED(me, 1) -> b = 1; x = 0
#if BALLOTS > 2
     :: MAY_VOTE(me, 2) && NOTHING_PROPOSED(me, 2) && IS_PROMISED(me, 2) -> b = 2; x = 0
     :: MAY_VOTE(me, 2) && NOTHING_PROPOSED(me, 2) && IS_PROMISED(me, 2) -> b = 2; x = 1
#endif
     fi;
     d_step {
       members = PROPOSED(NUMBER(me), x);
#ifdef ROWS
       primary = primary_in[BALLOT(NUMBER(me), x)];
#endif
       hear(NUMBER(me), b, x + 1);
       if
       :: HEARD(NUMBER(me)) -> propose(me, NUMBER(me), b)
       :: else -> members = 0; primary = 0
       fi;
       b = 0; x = 0
     }}
#endif

#ifdef HOLDS
  /* A wait for some lease, not necessarily the one that is followed, may keep a proposal from being accepted at once. */
  :: atomic {
     if
     :: MAY_VOTE(me, 0) && !NOTHING_PROPOSED(me, 0) && promised[me] == 0 && held[me] == 0 -> b = 0
     :: MAY_VOTE(me, 1) && !NOTHING_PROPOSED(me, 1) && promised[me] <= 1 && held[me] != 2 -> b = 1
#if BALLOTS > 2
     :: MAY_VOTE(me, 2) && !NOTHING_PROPOSED(me, 2) && held[me] != 3 -> b = 2
#endif
     fi;
     d_step { promised[me] = b; held[me] = 1 + b; printf("%d holds ballot %d for view %d\n", me, b, NUMBER(me)); b = 0 }}
#endif

#ifdef LEASES
  :: d_step { beat == 0 && HAS_JOINED(me) && NUMBER(me) <= VIEWS && LEASE_MAY_BE_HELD(me) && IS_WORTH_FOLLOWING(me) ->
     beat = 1 + me; printf("%d sends a heartbeat in view %d\n", me, NUMBER(me) - 1) }
  :: d_step { MAY_GRANT(me) ->
     grants = grants | ONLY(me);
#ifndef GRANT_STARTS_NO_WAIT
     if
     :: beat != 1 + me -> waiting = waiting | ONLY(me)
     :: else
     fi;
#endif
     printf("%d acknowledges the heartbeat of %d\n", me, SENDER);
     check() }
#endif

#ifdef CONSENTS
  /* A proposal that removes it was received, and may come to nothing. */
  :: d_step { HAS_JOINED(me) && NUMBER(me) <= VIEWS && LACKS(given_up, me) && MAY_CONSENT(me) ->
     given_up = given_up | ONLY(me); consent[me] = NUMBER(me);
#ifdef CONSENT_IS_UNTAGGED
     consented_ever = consented_ever | ONLY(me);
#endif
     printf("%d consents to its removal by view %d\n", me, NUMBER(me)) }
#endif

#ifdef ROWS
  :: atomic {
     if
     :: MAY_BE_SEALED_BY(me, 0) -> b = 0
     :: MAY_BE_SEALED_BY(me, 1) -> b = 1
     :: MAY_BE_SEALED_BY(me, 2) -> b = 2
#if MEMBERS > 3
     :: MAY_BE_SEALED_BY(me, 3) -> b = 3
#endif
#if MEMBERS > 4
     :: MAY_BE_SEALED_BY(me, 4) -> b = 4
#endif
     fi;
     d_step { sealed[me] = sealed[b]; reign[me] = 0; printf("%d is sealed by %d, epoch %d\n", me, b, sealed[me]); b = 0 }}
  :: d_step { LEADS(me) && reign[me] != sealed[me] && HAS_SEALED_ALL(me) ->
     reign[me] = sealed[me];
     if
     :: last_activated < reign[me] -> last_activated = reign[me]
     :: else
     fi;
     printf("%d activates epoch %d\n", me, reign[me]);
     check() }
#endif

#ifdef RESTART_KEEPS_IDENTITY
  :: d_step { beat != 1 + me && (accepted[me] != 0 || promised[me] != 0 || HAS(waiting, me)) ->
     promised[me] = 0; accepted[me] = 0; waiting = waiting & ~ONLY(me);
#ifdef HOLDS
     held[me] = 0;
#endif
     printf("%d restarts\n", me) }
#endif
#ifdef VOTES_BEFORE_INSTALLING
  :: d_step { HAS_JOINED(me) && NUMBER(me) <= latest && latest < VIEWS && HAS(voters[v_members[latest]], me) &&
              PROPOSED(latest + 1, 0) != 0 && LACKS(accepted_by[BALLOT(latest + 1, 0)], me) && MAY_ACCEPT(me, (latest + 1), PROPOSED(latest + 1, 0)) ->
     n = latest + 1; accept(me, n, 0) }
#endif
#ifdef VOTES_AFTER_INSTALLING
  :: d_step { NUMBER(me) > 1 && HAS(voters[v_members[NUMBER(me) - 2]], me) && PROPOSED(NUMBER(me) - 1, 1) == 0 &&
              LACKS(promised_by[BALLOT(NUMBER(me) - 1, 1)], me) ->
     n = NUMBER(me) - 1;
     promised_by[BALLOT(n, 1)] = promised_by[BALLOT(n, 1)] | ONLY(me); TOLD(n, 1, me) = 0; n = 0 }
  :: d_step { NUMBER(me) > 1 && HAS(voters[v_members[NUMBER(me) - 2]], me) && PROPOSED(NUMBER(me) - 1, 1) != 0 &&
              LACKS(accepted_by[BALLOT(NUMBER(me) - 1, 1)], me) -> n = NUMBER(me) - 1; accept(me, n, 1) }
#endif
#ifdef ROUND_ZERO_PROPOSES_TWICE
  :: atomic { MAY_VOTE(me, 0) == false && HAS_JOINED(me) && NUMBER(me) <= VIEWS && !NOTHING_PROPOSED(me, 0) -> choose_members(NUMBER(me));
     choose_primary(NUMBER(me));
     d_step { PROPOSED(NUMBER(me), 0) = members; accept(me, NUMBER(me), 0); members = 0; primary = 0 }}
#endif
  od
}

init {
  d_step {
    for (i : 0 .. SETS - 1) {
      count[i] = 0; voters[i] = 0;
      for (n : 0 .. MEMBERS - 1) {
        if
        :: HAS(i, n) && count[i] < VOTERS_MAX -> voters[i] = voters[i] | ONLY(n); count[i]++
        :: HAS(i, n) && count[i] >= VOTERS_MAX -> count[i]++
        :: else
        fi
      }
    }
    v_members[0] = (1 << FOUNDERS) - 1;
    for (i : 0 .. FOUNDERS - 1) { installed[i] = 1 }
#ifdef ROWS
    v_epoch[0] = 1; sealed[0] = 1; reign[0] = 1; last_activated = 1;
#endif
    i = 0; n = 0
  }
  atomic {
    byte x;
    for (x : 0 .. MEMBERS - 1) { run member(x) }
  }
}
