// Operators that tell who is there and what they do.

import {
  distinctUntilChanged,
  groupBy,
  map,
  merge,
  mergeMap,
  of,
  scan,
  skip,
  startWith,
  switchMap,
  timer,
} from "rxjs";

import { LONG, SHORT, each, last, thread } from "./input.mjs";

const KINDS = ["chat", "sms", "whatsapp", "email"];
const TYPISTS = 5;
const NOBODY = new Map();

const later = (value, time = SHORT) => timer(time).pipe(map(() => value));

const inOrder = (before, who) => {
  const known = before.filter((identity) => who.has(identity));
  return [...known, ...[...who].filter((identity) => !known.includes(identity)).sort()];
};

const say = (who) => {
  switch (who.length) {
    case 0:
      return "";
    case 1:
      return `${who[0]} is typing`;
    case 2:
      return `${who[0]} and ${who[1]} are typing`;
    case 3:
      return `${who[0]}, ${who[1]} and one other are typing`;
    default:
      return `${who[0]}, ${who[1]} and ${who.length - 2} others are typing`;
  }
};

/** Each of many people joins, reads and leaves, again and again. */
export const roster = (bursts) => {
  const steps = new Map();
  return bursts.map((burst) =>
    burst.map(({ key, number }) => {
      const step = (steps.get(key) ?? 0) + 1;
      steps.set(key, step);
      const what = ["left", "joined", "updated"][step % 3];
      const horizon = what === "updated" ? number : null;
      return { what, sid: `MB${key}`, identity: `${key}`, kind: KINDS[key % KINDS.length], horizon };
    }),
  );
};

const read = (known, { what, identity, horizon }) => {
  if (what === "joined") {
    return known;
  }
  const made = new Map(known);
  if (horizon === null) {
    made.delete(identity);
  } else {
    made.set(identity, horizon);
  }
  return made;
};

const counting = (counts, { what, kind }) => {
  if (what === "updated") {
    return counts;
  }
  const made = { ...counts, [kind]: (counts[kind] ?? 0) + (what === "joined" ? 1 : -1) };
  if (made[kind] === 0) {
    delete made[kind];
  }
  return made;
};

export default {
  presence: {
    given: each((event) => ({ identity: `${thread(event)}`, online: event.number % 3 !== 0 })),
    compose: (source) =>
      source.pipe(
        groupBy((user) => user.identity),
        mergeMap((group) =>
          group.pipe(
            switchMap((user) => (user.online ? of("online") : later("offline"))),
            distinctUntilChanged(),
            map((status) => [group.key, status]),
          ),
        ),
        scan((people, [identity, status]) => new Map(people).set(identity, status), new Map()),
      ),
    keep: 1,
    read: (seen) => Object.fromEntries(seen.at(-1)),
  },
  typing_indicator: {
    given: each((event) => ({ identity: `${thread(event)}`, typing: event.number % 3 !== 0 })),
    compose: (source) =>
      source.pipe(
        groupBy((event) => event.identity),
        mergeMap((group) =>
          group.pipe(
            switchMap(({ typing }) => (typing ? merge(later(true), later(false, LONG + SHORT)) : later(false))),
            startWith(false),
            distinctUntilChanged(),
            skip(1),
            map((typing) => [group.key, typing]),
          ),
        ),
        scan((who, [identity, typing]) => {
          const made = new Set(who);
          return typing ? made.add(identity) : (made.delete(identity), made);
        }, new Set()),
      ),
    read: (seen) => [[...new Set(seen.flatMap((who) => [...who]))].sort(), [...seen.at(-1)].sort()],
  },
  typing_text: {
    given: each(({ key }) => new Set(Array.from({ length: key % 4 }, (_, more) => `${(key + more) % TYPISTS}`))),
    compose: (source) => source.pipe(scan(inOrder, []), map(say), distinctUntilChanged()),
    read: (seen) => seen,
  },
  read_receipts: {
    given: roster,
    compose: (source) => source.pipe(scan(read, NOBODY), startWith(NOBODY), distinctUntilChanged()),
    keep: 1,
    read: (seen, amount) => [amount, [...last(seen).values()].sort((one, other) => one - other)],
  },
  occupancy: {
    given: roster,
    compose: (source) => source.pipe(scan(counting, {}), startWith({}), distinctUntilChanged()),
    keep: 1,
    read: (seen, amount) => [amount, last(seen)],
  },
};
