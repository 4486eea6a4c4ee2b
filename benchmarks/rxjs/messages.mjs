// Operators that make something of messages.

import {
  distinctUntilChanged,
  filter,
  groupBy,
  map,
  merge,
  mergeMap,
  of,
  scan,
  startWith,
  switchMap,
  timer,
  toArray,
} from "rxjs";

import { SHORT, ascending, counts, each, thread, total } from "./input.mjs";

const ME = "ada";
const NAMES = /@(?:ada lovelace|ada)\b/gi;
const BODIES = ["pizza at noon, or at one?", "@ada, or @Ada Lovelace?", "sushi, then", "soup for @adam"];
const WARN = 0.8;
const READ_EVERY = 50;
const UNREAD = 5;

const written = each((event) => ({
  index: event.number,
  author: event.number % 3 === 0 ? ME : "bob",
  body: BODIES[event.number % BODIES.length],
  date: event.burst,
  sid: `CH${thread(event)}`,
  attributes: {},
}));

const sid = (message) => message.sid;
const isAnswer = (message) => message.author === ME;
const byOthers = filter((message) => message.author !== ME);

const places = (body) => [...body.matchAll(NAMES)].map((found) => [found.index, found.index + found[0].length]);

const answer = ({ question }, message) => {
  if (!isAnswer(message)) {
    return { question: question ?? message, seconds: null };
  }
  return { question: null, seconds: question && message.date - question.date };
};

const later = (value, time) => timer(time).pipe(map(() => value));

const promised = (group) => {
  const [ok, warn, breach] = ["ok", "warn", "breach"].map((status) => ({ key: group.key, status }));
  return group.pipe(
    map(isAnswer),
    distinctUntilChanged(),
    switchMap((answered) => (answered ? of(ok) : merge(of(ok), later(warn, WARN * SHORT), later(breach, SHORT)))),
  );
};

const oneMore = (message) => (unread) => (isAnswer(message) ? unread : [...unread, message.index]);
const readTo = (message) => (unread) => unread.filter((index) => index > message.index - UNREAD);

export default {
  mentions: {
    given: written,
    compose: (source) =>
      source.pipe(
        byOthers,
        map((message) => ({
          message,
          spans: places(message.body),
          listed: message.attributes.mentions?.includes(ME) ?? false,
        })),
        filter(({ spans, listed }) => spans.length > 0 || listed),
      ),
    read: (seen) => [seen.length, total(seen.map(({ spans }) => spans.length))],
  },
  notify: {
    given: written,
    compose: (source) =>
      source.pipe(
        byOthers,
        groupBy(sid, { duration: () => timer(SHORT) }),
        mergeMap((group) => group.pipe(toArray())),
      ),
    read: (seen) => ascending(seen.map((messages) => messages.length)),
  },
  response_time: {
    given: written,
    compose: (source) =>
      source.pipe(
        groupBy(sid),
        mergeMap((group) =>
          group.pipe(
            scan(answer, { question: null, seconds: null }),
            filter(({ seconds }) => seconds !== null),
          ),
        ),
      ),
    read: (seen) => [seen.length, total(seen.map(({ seconds }) => seconds))],
  },
  sla: {
    given: written,
    compose: (source) => source.pipe(groupBy(sid), mergeMap(promised)),
    read: (seen) => counts(seen.map(({ status }) => status)),
  },
  unread_badge: {
    given: written,
    compose: (source) =>
      merge(
        source.pipe(
          filter(({ index }) => index % READ_EVERY === READ_EVERY - 1),
          map(readTo),
        ),
        source.pipe(map(oneMore)),
      ).pipe(
        scan((unread, step) => step(unread), []),
        map((unread) => unread.length),
        startWith(0),
        distinctUntilChanged(),
      ),
    read: (seen) => seen,
  },
};
