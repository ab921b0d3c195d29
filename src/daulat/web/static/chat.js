// SPDX-License-Identifier: Apache-2.0
// <daulat-chat>: asks, shows the answers as they come, and keeps the conversation. Around the form that also works without it.

import { Announcer, HEARD_MS } from './announce.js';
import { asText, drawAnswer, shownMode } from './answer.js';
import { draft, keep, keepDraft, messagesFor, newTurn, restore, take } from './conversation.js';
import { h, say, settle } from './dom.js';
import { cancel, complete, follow, Refused } from './stream.js';
import './source.js';

const LONG_QUESTION = 300; // a longer one scrolls in its place, so that the answer stays in sight

const STILL = { preventScroll: true }; // the answer is what is to be seen, and the form may be far below it

const lowData = () => document.documentElement.dataset.data === 'low';
const hasMouse = () => matchMedia('(pointer: fine)').matches;
const calm = () => lowData() || matchMedia('(prefers-reduced-motion: reduce)').matches;

class Chat extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector('form');
    this.field = this.querySelector('textarea');
    this.send = this.form.querySelector('button');
    this.stop = h('button', { type: 'button', class: 'primary stop', hidden: true }, say('stop'));
    this.send.after(this.stop);
    this.clearer = h('button', { type: 'button', class: 'quiet' }, say('clear'));
    this.status = h('p', { class: 'status', role: 'status' });
    this.region = h('div', { class: 'unseen', 'aria-live': 'polite', 'data-announce': true });
    this.log = h('div', { class: 'log' });
    this.source = h('daulat-source');
    this.form.before(this.log);
    this.form.append(this.status);
    this.querySelector('.hint').after(this.clearer);
    this.append(this.region, this.source);
    this.announcer = new Announcer(this.region);
    this.form.noValidate = true;
    this.listen();
    this.turns = restore();
    this.field.value ||= draft();
    this.turns.forEach((turn) => this.addTurn(turn));
    this.arrange();
    const last = this.turns.at(-1);
    if (last?.state === 'waiting' || last?.state === 'streaming') this.resume(last);
  }

  listen() {
    this.form.addEventListener('submit', (event) => { event.preventDefault(); this.submit(this.field.value, true); });
    this.field.addEventListener('keydown', (event) => {
      // On a touch keyboard Enter makes a new line, and the button sends.
      const sends = event.key === 'Enter' && !event.shiftKey && !event.isComposing && hasMouse();
      if (!sends) return;
      event.preventDefault();
      this.form.requestSubmit();
    });
    this.field.addEventListener('input', () => keepDraft(this.field.value));
    this.stop.addEventListener('click', () => this.working?.abort());
    this.clearer.addEventListener('click', () => this.clear());
    this.addEventListener('click', (event) => this.click(event));
    addEventListener('pagehide', () => keep(this.turns));
    addEventListener('offline', () => this.tell(say('offline')));
    addEventListener('online', () => this.online());
  }

  /** Say something beside the field. What only `passes` makes room again once it was read. */
  tell(text, passes) {
    clearTimeout(this.passing);
    this.status.textContent = text;
    if (passes) this.passing = setTimeout(() => this.tell(''), HEARD_MS);
  }

  /** What answers said of the lost connection is no longer so. */
  online() {
    this.tell(say('online'), true);
    this.turns.forEach((turn, at) => {
      if (!turn.failure) return;
      const article = this.log.children[at];
      const hadFocus = article.contains(document.activeElement);
      this.paint(turn, article);
      if (hadFocus) article.querySelector('[data-do=retry]').focus();
    });
  }

  click(event) {
    const plainClick = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
    const example = event.target.closest('.examples a');
    if (example && plainClick) {
      event.preventDefault();
      this.submit(example.textContent);
      this.stop.focus(STILL); // the examples are gone
      return;
    }
    const article = event.target.closest('.turn');
    const turn = this.turns[[...this.log.children].indexOf(article)];
    if (!turn) return;
    const place = event.target.closest('[data-place]')?.dataset.place;
    if (place && plainClick) {
      event.preventDefault();
      const [list, at] = place.split('/');
      this.source.show((list === 'related' ? turn.details.related : turn.citations)[at]);
    }
    const action = event.target.closest('[data-do]')?.dataset.do;
    if (action) this[action](turn, article);
  }

  /** `isTyped`: it stands in the field, which is then free for the next; else a draft that stands there stays. */
  submit(text, isTyped) {
    const question = text.trim();
    const limit = Number(this.field.dataset.limit);
    const refusal = question ? [...question].length > limit && say('too_long', { n: limit }) : say('empty');
    this.tell(refusal || '');
    this.field.toggleAttribute('aria-invalid', Boolean(refusal));
    if (refusal) this.field.focus();
    if (refusal || this.working) return;
    const turn = newTurn(question);
    const messages = messagesFor(this.turns, question, lowData());
    this.turns.push(turn);
    const article = this.addTurn(turn);
    if (isTyped) keepDraft(this.field.value = '');
    this.arrange();
    const behavior = calm() ? 'auto' : 'smooth';
    if (this.turns.length > 1) article.scrollIntoView({ behavior });
    else scrollTo({ top: 0, behavior });
    const { model, language } = this.dataset;
    this.run(turn, { request: { model, messages, ...(language && { metadata: { language } }) } });
  }

  /** An answer that was under way when the page was left: read its stream again from the beginning. */
  resume(turn) {
    Object.assign(turn, { text: '', citations: [], details: null, state: 'waiting' });
    if (turn.stream) this.run(turn, { id: turn.stream });
    else this.end(turn, { state: 'failed', failure: 'interrupted' });
  }

  async run(turn, origin) {
    this.working = new AbortController();
    const { signal } = this.working;
    this.busy(true);
    this.announcer.reset();
    this.announcer.say(say('searching'));
    const watch = {
      opened: (id) => { turn.stream = id; keep(this.turns); },
      waiting: (waiting) => { if (turn.waiting !== waiting) { turn.waiting = waiting; this.draw(turn); } },
    };
    try {
      if (lowData() && origin.request) take(turn, await complete(origin.request, signal));
      else for await (const chunk of follow(origin, signal, watch)) { take(turn, chunk); this.draw(turn); }
      this.end(turn, { state: 'done' });
    } catch (error) {
      if (signal.aborted) {
        cancel(turn.stream);
        this.end(turn, { state: 'stopped' });
      } else if (error instanceof Refused || error instanceof TypeError) {
        this.end(turn, { state: 'failed', failure: this.reason(error, turn), seconds: error.seconds });
      } else {
        this.end(turn, { state: 'failed', failure: 'failed' });
        throw error;
      }
    }
  }

  reason(error, turn) {
    if (error.status === 429) return error.seconds ? 'busy_for' : 'busy';
    if (error.code === 'no_official_text') return 'no_text';
    if (error.code === 'loading') return 'loading';
    if (!navigator.onLine) return 'offline';
    return turn.text || error.status === 404 ? 'interrupted' : 'failed';
  }

  end(turn, outcome) {
    Object.assign(turn, outcome, { waiting: false });
    this.working = null;
    this.draw(turn);
    this.announcer.follow(turn.text, true);
    const said = { done: 'done', stopped: 'stopped' }[turn.state] ?? turn.failure;
    this.announcer.say(say(said, { n: turn.failure ? turn.seconds : turn.citations.length }));
    this.announcer.end();
    keep(this.turns);
    this.busy(false);
  }

  busy(busy) {
    const active = document.activeElement;
    this.send.hidden = busy;
    this.stop.hidden = !busy;
    if (busy && active === this.send) this.stop.focus(STILL);
    if (!busy && active === this.stop) this.rest();
  }

  /** Where the next question begins. In the field a thumb would be given the keyboard, over the answer. */
  rest() {
    (hasMouse() ? this.field : this.send).focus(STILL);
  }

  addTurn(turn) {
    const isLong = [...turn.question].length > LONG_QUESTION;
    const article = h('article', { class: 'turn' },
      h('h2', { class: isLong ? 'asked long' : 'asked', tabindex: isLong && '0', dir: 'auto' }, h('bdi', { class: 'unseen' }, `${say('you_asked')}: `), turn.question),
      h('div', { class: 'answer' }));
    this.log.append(article);
    this.paint(turn, article);
    return article;
  }

  /** Draw at most once a frame. */
  draw(turn) {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      const article = this.log.children[this.turns.indexOf(turn)];
      if (article) this.paint(turn, article);
      if (this.working) this.announcer.follow(turn.text, false);
    });
  }

  paint(turn, article) {
    const answer = article.querySelector('.answer');
    if (turn.details?.mode) answer.dataset.mode = shownMode(turn);
    if (turn.details?.language) answer.lang = turn.details.language;
    answer.setAttribute('aria-busy', turn.state === 'waiting' || turn.state === 'streaming');
    settle(answer, drawAnswer(turn));
  }

  arrange() {
    this.toggleAttribute('data-started', this.turns.length > 0);
    this.clearer.hidden = !this.turns.length;
    this.field.placeholder = this.turns.length ? say('next_question') : '';
  }

  clear() {
    if (!confirm(say('clear_confirm'))) return;
    this.working?.abort();
    this.turns = [];
    this.log.replaceChildren();
    keep(this.turns);
    this.arrange();
    keepDraft(this.field.value = '');
    this.tell(say('cleared'), true);
    this.field.focus();
  }

  retry(turn, article) {
    if (this.working) return;
    this.turns.splice(this.turns.indexOf(turn), 1);
    article.remove();
    this.rest();
    this.submit(turn.question);
  }

  async copy(turn, article) {
    await navigator.clipboard.writeText(asText(turn));
    this.tell(say('copied'), true);
    article.querySelector('[data-do=copy]').focus();
  }

  share(turn) {
    // The reader may close the sheet again; that is no error.
    navigator.share({ title: turn.question, text: asText(turn) }).catch(() => {});
  }

  print(turn, article) {
    const marked = [document.body, article];
    marked.forEach((element) => element.toggleAttribute('data-print', true));
    addEventListener('afterprint', () => marked.forEach((element) => element.removeAttribute('data-print')), { once: true });
    window.print();
  }
}

customElements.define('daulat-chat', Chat);
