// Operators that see to it that a consumer keeps up.

import { asyncScheduler, mergeMap, observeOn, tap } from "rxjs";

import { ascending, numbers, work } from "./input.mjs";

export default {
  enrich: { compose: (source) => source.pipe(mergeMap(work, 4)), read: ascending },
  bounded_buffer: { compose: (source) => source.pipe(observeOn(asyncScheduler)), read: numbers },
  probe: {
    compose: (source) => {
      let number = 0;
      return source.pipe(
        tap(() => {
          number += 1;
        }),
      );
    },
    read: numbers,
  },
};
