// SPDX-License-Identifier: Apache-2.0
// The slots of the CUDA kernels (strategies/cuda_common/lamport.cuh): a rank pushes its vector of an operation to each
// peer, waits until its own slots are full, reads and empties them. There is no acknowledgement; two buffers alternate.
// Ranks may be late by any time, may die at any step, and may give up a wait at any time: the clock is not modelled.
//
// Spin shows that no vector is pushed over one that was not read, and that what is read is of the same operation, also
// behind a wait that was given up. Every store is seen at once, so the order of stores within a kernel is not checked.
//
//   -DRANKS=3      ranks
//   -DPATIENT      a wait is given up only when nothing else can happen: that must need a dead rank
//   -DBUFFERS=1    broken on purpose
//   -DGOES_ON      broken on purpose: a rank that gave up tells nobody and goes on with the same memory

#ifndef RANKS
#define RANKS 2
#endif
#ifndef BUFFERS
#define BUFFERS 2
#endif
#define OPERATIONS 4
#define SLOT(at, operation, from) slots[((at) * BUFFERS + (operation) % BUFFERS) * RANKS + (from)]

#ifdef PATIENT
#define GIVES_UP timeout
#else
#define GIVES_UP true
#endif

byte slots[RANKS * BUFFERS * RANKS];  // 0: empty; else the operation whose vector is there
bool broken[RANKS];                   // of each rank's memory
bool gave_up;                         // any rank
byte dead;
byte finished;

proctype rank(byte me) {
  byte operation = 1;
  byte other;
  bool incomplete;

  do
  :: operation > OPERATIONS -> finished++; break
  :: operation <= OPERATIONS && broken[me] -> break  // the operation is refused
  :: operation <= OPERATIONS && !broken[me] ->
    incomplete = false;
    other = 0;
    do
    :: other == RANKS -> break
    :: other == me -> other++
    :: other != me && other < RANKS ->
      assert(SLOT(other, operation, me) == 0);
      SLOT(other, operation, me) = operation;
      other++
    :: other < RANKS && dead == 0 -> dead++; goto end
    od;

    other = 0;
    do
    :: other == RANKS -> break
    :: other == me -> other++
    :: other != me && other < RANKS && SLOT(me, operation, other) != 0 ->
      assert(SLOT(me, operation, other) == operation);
      other++
    :: other != me && other < RANKS && GIVES_UP ->
      incomplete = true;
      gave_up = true;
      other++
    od;

    if
    :: incomplete ->
#ifdef PATIENT
      assert(dead > 0);
#endif
#ifndef GOES_ON
      for (other : 0 .. RANKS - 1) { broken[other] = true }
#endif
    :: else
    fi;

    for (other : 0 .. RANKS - 1) { SLOT(me, operation, other) = 0 }
    operation++;
    if
    :: dead == 0 -> dead++; goto end
    :: true
    fi
  od;
end:
  skip
}

init {
  byte i;
  atomic { for (i : 0 .. RANKS - 1) { run rank(i) } }
  _nr_pr == 1;
#ifndef GOES_ON
  for (i : 0 .. RANKS - 1) { assert(broken[i] == gave_up) }
#endif
  assert(gave_up || dead > 0 || finished == RANKS)
}
