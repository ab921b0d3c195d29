// SPDX-License-Identifier: Apache-2.0
// The conversation, kept in this tab's session storage and nowhere else; and how much of it goes along with a question.

const STORE = 'daulat.conversation';
const DRAFT = 'daulat.draft';
const TURNS_SENT = 2;
const ANSWER_SENT = 600; // whole characters: half of one is no JSON

/** Begin a turn. `state`: waiting, streaming, done, stopped or failed. */
export const newTurn = (question) => ({ question, text: '', citations: [], details: null, state: 'waiting', stream: '' });

/** What can be drawn as one; another page of this origin may have kept anything. */
const isTurn = (kept) => typeof kept?.question === 'string' && typeof kept.text === 'string' && Array.isArray(kept.citations);

/** Read the turns of this tab. */
export function restore() {
  try {
    const turns = JSON.parse(sessionStorage.getItem(STORE));
    return Array.isArray(turns) ? turns.filter(isTurn) : [];
  } catch {
    return [];
  }
}

/** Keep the turns; a full or closed store costs only the memory of them. */
export function keep(turns) {
  try {
    if (turns.length) sessionStorage.setItem(STORE, JSON.stringify(turns));
    else sessionStorage.removeItem(STORE);
  } catch {
    // They stay on the page.
  }
}

/** What was typed and not sent yet: a phone that is short of memory closes a page that is out of sight, and opens it anew. */
export function draft() {
  try {
    return sessionStorage.getItem(DRAFT) ?? '';
  } catch {
    return '';
  }
}

/** Keep it as it grows; where the store is closed or full it stays in its field. */
export function keepDraft(text) {
  try {
    if (text) sessionStorage.setItem(DRAFT, text);
    else sessionStorage.removeItem(DRAFT);
  } catch {
    // It stands in its field.
  }
}

/** The messages to send: what a follow-up needs to be understood, and no more. */
export function messagesFor(turns, question, lowData) {
  const told = turns.filter(({ state, text }) => state === 'done' && text).slice(lowData ? -1 : -TURNS_SENT);
  return [
    ...told.flatMap((turn) => [
      { role: 'user', content: turn.question },
      { role: 'assistant', content: [...turn.text].slice(0, ANSWER_SENT).join('') },
    ]),
    { role: 'user', content: question },
  ];
}

/** Take one chunk, or one whole completion, into a turn. */
export function take(turn, chunk) {
  const choice = chunk.choices?.[0];
  const news = choice?.delta ?? choice?.message ?? {};
  const details = chunk.daulat;
  if (typeof details?.text === 'string') {
    // Verification changed what was sent: the whole replaces it.
    turn.text = details.text;
    turn.citations = [];
  }
  turn.text += news.content ?? '';
  for (const { url_citation: citation } of news.annotations ?? []) if (citation) turn.citations.push(citation);
  if (details?.mode) turn.details = details;
  if (turn.state === 'waiting' && (turn.text || turn.citations.length)) turn.state = 'streaming';
}
