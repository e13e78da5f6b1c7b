// SPDX-License-Identifier: Apache-2.0
// The slots of the host strategies (arbiter/host/shared_slots.hpp): a rank writes chunk k into its slot k modulo SLOTS
// and raises a counter, for which the others wait before they read. It is one chunk ahead of what it reads. Nobody
// acknowledges: that a slot is free follows from the counters. Ranks may be late by any time, may die at any step, and
// give up a wait at any time; then their slots are broken, and they begin no further operation.
//
// Spin shows that what is read is always the chunk that was waited for, whole.
//
//   -DRANKS=3              ranks
//   -DTWOSHOT              strategies/twoshot/twoshot_host.cpp, with three slots; else ONESHOT, with four
//   -DPATIENT              a wait is given up only when nothing else can happen: that must need a dead rank
//   -DSLOTS=3, -DSLOTS=2   broken on purpose: one less
//   -DANY_EPOCH            broken on purpose: waits for any publication instead of that of the chunk

#ifndef RANKS
#define RANKS 2
#endif
#ifndef SLOTS
#ifdef TWOSHOT
#define SLOTS 3
#else
#define SLOTS 4
#endif
#endif
#define OPERATIONS 2
#define CHUNKS 3
#define AT(rank, chunk) ((rank) * SLOTS + (chunk) % SLOTS)

#ifdef ANY_EPOCH
#define HAS(counter, chunk) (counter > 0)
#else
#define HAS(counter, chunk) (counter > (chunk))
#endif
#ifdef PATIENT
#define GIVES_UP timeout
#else
#define GIVES_UP true
#endif

// 0: being written; else the chunk + 1.
byte staged_in[RANKS * SLOTS];
byte staged[RANKS];
#ifdef TWOSHOT
byte reduced_in[RANKS * SLOTS];
byte reduced[RANKS];
#endif
byte dead;
byte finished;
bool gave_up;

// Dies, at most one rank of them, or not.
#define MAY_DIE if :: dead == 0 -> dead++; goto end :: true fi

#define WRITE(contents, counter, number) \
  contents[AT(me, number)] = 0; \
  MAY_DIE; \
  contents[AT(me, number)] = (number) + 1; \
  counter[me] = (number) + 1

#define READ(contents, counter, number) \
  peer = 0; \
  do \
  :: peer == RANKS -> break \
  :: peer == me -> peer++ \
  :: peer != me && peer < RANKS && HAS(counter[peer], number) -> peer++ \
  :: peer != me && peer < RANKS && GIVES_UP -> gave_up = true; goto timed_out \
  od; \
  for (peer : 0 .. RANKS - 1) { \
    if \
    :: peer != me -> assert(contents[AT(peer, number)] == (number) + 1) \
    :: else \
    fi \
  }

proctype rank(byte me) {
  byte first;
  byte chunk;
  byte peer;

  do
  :: first == OPERATIONS * CHUNKS -> finished++; break
  :: first < OPERATIONS * CHUNKS ->
    WRITE(staged_in, staged, first);
    chunk = first;
    do
    :: chunk == first + CHUNKS -> break
    :: chunk < first + CHUNKS ->
      if
      :: chunk + 1 < first + CHUNKS -> WRITE(staged_in, staged, chunk + 1)
      :: else
      fi;
      READ(staged_in, staged, chunk);
#ifdef TWOSHOT
      WRITE(reduced_in, reduced, chunk);
      if
      :: chunk > first -> READ(reduced_in, reduced, chunk - 1)
      :: else
      fi;
#endif
      chunk++
    od;
#ifdef TWOSHOT
    READ(reduced_in, reduced, chunk - 1);
#endif
    first = first + CHUNKS
  od;
  goto end;
timed_out:
#ifdef PATIENT
  assert(dead > 0);
#endif
  skip;
end:
  skip
}

init {
  byte i;
  atomic { for (i : 0 .. RANKS - 1) { run rank(i) } }
  _nr_pr == 1;
  assert(gave_up || dead > 0 || finished == RANKS)
}
