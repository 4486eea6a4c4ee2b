// Requests to the dashboard's own backend, and who is asking.

const STORED = "rxconvo.token";

export class Unauthorized extends Error {}

/** The backend has said no, and why: nothing has happened. */
export class Refused extends Error {
  constructor(status, message, field) {
    super(message);
    this.status = status;
    this.field = field;
  }
}

/** No answer: what was asked may or may not have happened. */
export class Unanswered extends Error {}

/** Take the token out of a link, so that it stands in no address bar, history or screenshot. */
export function takeToken() {
  const linked = /^#token=([^&]+)/.exec(location.hash);
  if (!linked) return false;
  keepToken(decoded(linked[1]) ?? linked[1]);
  history.replaceState(null, "", location.pathname);
  return true;
}

/** Decode a part of an address; null where it is none. */
export function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

export const token = () => sessionStorage.getItem(STORED);

export function keepToken(value) {
  sessionStorage.setItem(STORED, value);
}

export function dropToken() {
  sessionStorage.removeItem(STORED);
}

/** Ask with the token; return a response that is fine, or throw one of the errors above. */
export async function ask(path, { headers = {}, ...options } = {}) {
  let response;
  try {
    response = await fetch(path, {
      ...options,
      headers: { ...headers, Authorization: `Bearer ${token()}` },
      cache: "no-store",
      redirect: "error",
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Unanswered("The dashboard does not answer.", { cause: error });
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  const message = typeof told.error === "string" ? told.error : `The dashboard answered with ${response.status}.`;
  if (response.status === 401) throw new Unauthorized(message);
  if (response.status >= 500) throw new Unanswered(message);
  throw new Refused(response.status, message, told.field);
}

/** Post JSON and return what is answered. */
export async function post(path, body) {
  const response = await ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  try {
    return response.status === 204 ? null : await response.json();
  } catch (error) {
    throw new Unanswered("The answer was cut off.", { cause: error });
  }
}

export const conversationPath = (sid, action = "") => `/api/conversations/${encodeURIComponent(sid)}${action}`;
