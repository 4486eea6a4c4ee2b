// Operators around what is asked of the service.

import {
  Observable,
  ReplaySubject,
  Subject,
  auditTime,
  concat,
  concatMap,
  defer,
  distinctUntilChanged,
  finalize,
  first,
  from,
  groupBy,
  map,
  mergeMap,
  of,
  retry,
  scan,
  startWith,
  throttleTime,
  throwError,
  timer,
} from "rxjs";

import { SHORT, ascending, counts, key, thread, work } from "./input.mjs";

class OutcomeUnknownError extends Error {}

/** What fails a few times before it is answered. */
const mutation = ({ number }) => {
  let failures = number % 3;
  return new Observable((observer) => {
    if (failures === 0) {
      observer.next(number);
      observer.complete();
    } else {
      failures -= 1;
      observer.error(new OutcomeUnknownError());
    }
  });
};

const attempts = retry({
  count: 4,
  delay: (error, failures) =>
    error instanceof OutcomeUnknownError ? timer(50 * 2 ** (failures - 1)) : throwError(() => error),
});

/** What sends a message, which comes back before that is answered, or after it. */
const sending = ({ number }, messages) =>
  new Observable((observer) => {
    const echoedFirst = number % 2 === 0;
    if (echoedFirst) {
      messages.next({ index: number });
    }
    observer.next(number);
    if (!echoedFirst) {
      messages.next({ index: number });
    }
    observer.complete();
  });

const remembering = (local, mutation, messages) =>
  defer(() => {
    const seen = new ReplaySubject(1000);
    const subscription = messages.subscribe(seen);
    const echo = (index) =>
      seen.pipe(
        first((message) => message.index === index),
        map((message) => ({ what: "Echoed", local, message })),
        startWith({ what: "Sent", local, index }),
      );
    return concat(of({ what: "Pending", local }), mutation.pipe(mergeMap(echo))).pipe(
      finalize(() => subscription.unsubscribe()),
    );
  });

const sent = (item) =>
  from(work(item)).pipe(
    map((index) => ({ what: "Sent", item, index })),
    startWith({ what: "Pending", item }),
  );

export default {
  retry_mutation: {
    compose: (source) =>
      source.pipe(
        map(mutation),
        mergeMap((made) => made.pipe(attempts)),
      ),
    read: ascending,
  },
  optimistic: {
    compose: (source) => {
      const messages = new Subject();
      return source.pipe(mergeMap((event) => remembering(event, sending(event, messages), messages)));
    },
    read: (seen) => counts(seen.map(({ what }) => what)),
  },
  outbox: {
    compose: (source) =>
      source.pipe(
        groupBy(thread),
        mergeMap((group) => group.pipe(concatMap(sent))),
      ),
    read: (seen) => ascending(seen.filter(({ what }) => what === "Sent").map(({ index }) => index)),
  },
  send_typing: {
    compose: (source) =>
      source.pipe(
        throttleTime(SHORT),
        mergeMap(() => of(null)),
      ),
    read: (seen) => seen.length,
  },
  auto_mark_read: {
    compose: (source) =>
      source.pipe(
        map(key),
        scan((most, index) => Math.max(most, index)),
        auditTime(SHORT),
        distinctUntilChanged(),
        concatMap((index) => of(index)),
      ),
    read: (seen) => seen,
  },
};
