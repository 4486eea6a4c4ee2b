// A clock that is moved by hand, in place of that of the runtime (whose own mock, in Node.js 20, does not allow an
// interval to be cleared from within). Timers are in a heap; a cleared one stays there until its time, as in asyncio.

let now = 0;
let made = 0;
let heap = [];

const before = (one, other) => one.when < other.when || (one.when === other.when && one.order < other.order);

function push(timer) {
  let at = heap.push(timer) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(timer, heap[parent])) break;
    heap[at] = heap[parent];
    at = parent;
  }
  heap[at] = timer;
}

function pop() {
  const first = heap[0];
  const last = heap.pop();
  if (heap.length > 0) {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child += 1;
      if (child >= heap.length || !before(heap[child], last)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
  }
  return first;
}

function schedule(timer) {
  timer.when = now + timer.period;
  timer.order = made++;
  push(timer);
}

/** Start anew, with no timers. */
export function reset() {
  heap = [];
}

/** Let milliseconds pass. */
export function tick(milliseconds) {
  const end = now + milliseconds;
  while (heap.length > 0 && heap[0].when <= end) {
    const timer = pop();
    if (timer.cleared) continue;
    now = timer.when;
    timer.call(...timer.given);
    if (!timer.cleared) schedule(timer);
  }
  now = end;
}

globalThis.setInterval = (call, period = 0, ...given) => {
  const timer = { call, period, given, cleared: false, when: 0, order: 0 };
  schedule(timer);
  return timer;
};
globalThis.clearInterval = (timer) => {
  if (timer) timer.cleared = true;
};
Date.now = () => now;
