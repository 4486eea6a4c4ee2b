// Operators that keep lists and what is known of each key.

import { combineLatest, distinct, filter, map, scan, startWith } from "rxjs";

import { each, key, last, total } from "./input.mjs";
import { roster } from "./people.mjs";

const told = each(({ number }) =>
  number % 4 === 3 ? { changed: true, index: number - 1 } : { changed: false, index: number },
);

const limitOf = (bursts) => Math.min(500, bursts.flat().length >> 1);

const folding = (limit) => (kept, message) =>
  message.changed
    ? kept.map((own) => (own.index === message.index ? message : own))
    : [...kept, message].slice(-limit);

const indices = (seen) => last(seen).map((message) => message.index);

const mapping = (people, person) => {
  const made = new Map(people);
  if (person.what === "left") {
    made.delete(person.sid);
  } else {
    made.set(person.sid, person);
  }
  return made;
};

export default {
  dedupe: { compose: (source) => source.pipe(distinct(key)), keep: 1, read: (_, amount) => amount },
  latest_by: {
    compose: (source) => source.pipe(scan((latest, event) => new Map(latest).set(event.key, event), new Map())),
    keep: 1,
    read: (seen, amount) => [amount, total([...last(seen).values()].map((event) => event.number))],
  },
  collect_list: {
    given: told,
    compose: (source, _keys, bursts) => source.pipe(scan(folding(limitOf(bursts)), [])),
    keep: 1,
    read: (seen, amount) => [amount, ...indices(seen)],
  },
  timeline: {
    given: told,
    compose: (source, _keys, bursts) => source.pipe(scan(folding(limitOf(bursts)), [])),
    keep: 1,
    read: indices,
  },
  collect_map: {
    given: roster,
    compose: (source) => source.pipe(scan(mapping, new Map())),
    keep: 1,
    read: (seen, amount) => [amount, [...last(seen).keys()].sort()],
  },
  unread_total: {
    compose: (source, keys) =>
      combineLatest(
        Array.from({ length: keys }, (_, own) =>
          source.pipe(
            filter((event) => event.key === own),
            scan((unread) => unread + 1, 0),
            startWith(0),
          ),
        ),
      ).pipe(map(total)),
    keep: 1,
    read: (seen, amount) => [amount, last(seen)],
  },
};
