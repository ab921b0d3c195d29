// SPDX-License-Identifier: Apache-2.0
// The API, as any other client speaks it: ask, follow the stream, take it up again where it dropped, stop it.

// What a proxy says while it does not reach the service; a stream that is known may still be there.
const AWAY = [502, 503, 504];
const PATIENCE_MS = [300, 1000, 2000, 4000, 8000, 8000];

/** The service said no: `status` of HTTP, or 0 inside a stream; `code` of the API and `seconds` to wait, where it gave them. */
export class Refused extends Error {
  constructor(status, code = '', seconds = 0) {
    super(`refused: ${status}`);
    this.status = status;
    this.code = code;
    this.seconds = seconds;
  }
}

/** Read server-sent events; one may be split over several reads. */
async function* events(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += decoder.decode(value, { stream: true });
    const whole = rest.split(/\r?\n\r?\n/);
    rest = whole.pop();
    for (const block of whole) {
      const event = { id: '', data: '' };
      for (const line of block.split(/\r?\n/)) {
        const [, name, text] = /^(id|data): ?(.*)$/.exec(line) ?? [];
        if (name) event[name] += text;
      }
      if (event.data) yield event;
    }
  }
}

const pause = (ms, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
});

async function open(path, options) {
  const response = await fetch(path, options);
  if (response.ok) return response;
  const { error } = (await response.json().catch(() => null)) ?? {};
  throw new Refused(response.status, error?.code, Number.parseInt(response.headers.get('retry-after'), 10) || 0);
}

const post = (request, signal) => open('/v1/chat/completions', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(request),
  signal,
});

/** Ask and return the completion whole. */
export async function complete(request, signal) {
  return (await post({ ...request, stream: false }, signal)).json();
}

/**
 * Ask and yield each chunk as it comes. A connection that breaks, or a proxy that cannot reach it, is tried again after the last event that arrived.
 * `watch.opened(id)` names the stream; `watch.waiting(true|false)` says whether we are reconnecting.
 * With `id` given instead of a request, an earlier stream is read from its beginning.
 */
export async function* follow({ request, id }, signal, watch) {
  let last = 0;
  let tries = 0;
  let whole = false;
  while (!whole) {
    try {
      const response = id
        ? await open(`/v1/streams/${encodeURIComponent(id)}`, { headers: { 'last-event-id': String(last) }, signal })
        : await post({ ...request, stream: true }, signal);
      id = response.headers.get('x-daulat-stream') ?? id;
      watch.opened(id);
      for await (const event of events(response.body)) {
        watch.waiting(false);
        tries = 0;
        whole = event.data === '[DONE]';
        if (whole) continue;
        const chunk = JSON.parse(event.data);
        if (chunk.error) throw new Refused(0);
        yield chunk;
        last = event.id || last;
      }
      if (!whole) throw new TypeError('the stream ended early');
    } catch (error) {
      if (whole) return;
      const isFinal = error instanceof Refused && !AWAY.includes(error.status);
      if (signal.aborted || isFinal || !id || tries === PATIENCE_MS.length) throw error;
      watch.waiting(true);
      await pause(PATIENCE_MS[tries], signal);
      tries += 1;
    }
  }
}

/** Stop a stream on the server too. That it is gone already is as good. */
export function cancel(id) {
  if (id) fetch(`/v1/streams/${encodeURIComponent(id)}`, { method: 'DELETE', keepalive: true }).catch(() => {});
}

/** Fetch a passage in its document. */
export async function fetchPassage(passageId, signal) {
  return (await open(`/v1/passages/${encodeURIComponent(passageId)}`, { signal })).json();
}
