// Times, spans and sizes as people read them. Of some messages nobody knows when they were sent: their time is null.

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const short = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const long = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const whole = new Intl.NumberFormat();

export const number = (value) => whole.format(value);

export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

export const time = (iso) => (iso === null ? "" : clock.format(new Date(iso)));

export const moment = (iso) => (iso === null ? null : full.format(new Date(iso)));

/** How long ago, in as few letters as will do. */
export function ago(iso, now) {
  if (iso === null) return "";
  const seconds = (now - Date.parse(iso)) / 1000;
  if (seconds < 45) return "now";
  if (seconds < HOUR) return `${Math.max(1, Math.round(seconds / MINUTE))}m`;
  if (seconds < DAY) return `${Math.round(seconds / HOUR)}h`;
  return (seconds < 6 * DAY ? weekday : short).format(new Date(iso));
}

/** The number of the day in the reader's own time zone. */
export function dayOf(iso) {
  const date = new Date(iso);
  return Math.floor((date.getTime() / 1000 - date.getTimezoneOffset() * MINUTE) / DAY);
}

export function day(iso, now) {
  const days = dayOf(new Date(now).toISOString()) - dayOf(iso);
  return days === 0 ? "Today" : days === 1 ? "Yesterday" : long.format(new Date(iso));
}

/** A span: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`. */
export function span(seconds) {
  if (seconds < 10) return `${(Math.round(seconds * 10) / 10).toString()} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < HOUR) return pair(seconds, MINUTE, "min", 1, "s");
  if (seconds < DAY) return pair(seconds, HOUR, "h", MINUTE, "min");
  return pair(seconds, DAY, "d", HOUR, "h");
}

function pair(seconds, large, largeName, small, smallName) {
  const total = Math.round(seconds / small);
  const per = large / small;
  const rest = total % per;
  return `${Math.floor(total / per)} ${largeName}${rest ? ` ${rest} ${smallName}` : ""}`;
}

/** What is left until a moment: `4:05`, `1:02:05`. */
export function countdown(seconds) {
  const rest = Math.max(0, Math.ceil(seconds));
  const two = (value) => String(value).padStart(2, "0");
  const minutes = Math.floor(rest / MINUTE);
  return minutes < 60
    ? `${minutes}:${two(rest % MINUTE)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(rest % MINUTE)}`;
}

export function size(bytes) {
  const units = ["B", "kB", "MB", "GB"];
  const power = bytes < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}

/** As much of a name as tells who it is, and leaves room for what they say. */
export function brief(name) {
  const letters = Array.from(name.trim().split(/\s+/)[0]);
  return letters.length > 16 ? `${letters.slice(0, 15).join("")}…` : letters.join("");
}

/** `Ada`, `Ada and Bob`, `Ada, Bob and 3 others`. */
export function listing(names, most = 2) {
  if (names.length <= 1) return names[0] ?? "";
  if (names.length <= most) return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  return `${names.slice(0, most).join(", ")} and ${plural(names.length - most, "other")}`;
}
