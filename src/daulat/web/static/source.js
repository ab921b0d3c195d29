// SPDX-License-Identifier: Apache-2.0
// <daulat-source>: the passage behind a citation, in a sheet over the page: its article, status and dates, the sentence marked.

import { afterwards, answeringAt, answeringWords, citationAddress, citationName } from './answer.js';
import { articleLabel, badge, h, keepLanguage, longDate, say } from './dom.js';
import { drawLines, findSpan, stretchesOf } from './quoting.js';
import { fetchPassage } from './stream.js';

class Source extends HTMLElement {
  connectedCallback() {
    this.dialog = h('dialog', { class: 'sheet', 'aria-labelledby': 'source-title' });
    // A click on the backdrop lands on the dialog itself, not on its content.
    this.dialog.addEventListener('click', (event) => { if (event.target === this.dialog) this.dialog.close(); });
    this.dialog.addEventListener('close', () => this.loading?.abort());
    this.append(this.dialog);
  }

  /** Show a citation at once with its quote, then the whole article; with low data only when asked for. */
  show(citation) {
    this.citation = citation;
    this.draw({});
    this.dialog.showModal();
    this.dialog.scrollTop = 0;
    if (document.documentElement.dataset.data !== 'low') this.load();
  }

  async load() {
    this.loading = new AbortController();
    this.draw({ note: say('loading_passage'), isLoading: true });
    try {
      const passage = await fetchPassage(this.citation.passage_id, this.loading.signal);
      this.draw({ passage });
      if (passage.successor_url) this.draw({ passage, newer: await fetchPassage(passage.successor, this.loading.signal) });
    } catch (error) {
      if (error.name !== 'AbortError' && !this.passage) this.draw({ note: say('passage_failed') });
    }
  }

  draw({ passage, newer, note, isLoading }) {
    const { citation } = this;
    this.passage = passage;
    const text = passage?.text ?? citation.quote;
    const status = passage?.status || citation.status;
    const stale = { revoked: 'revoked_note', amended: 'amended_note', partly_revoked: 'amended_note', unknown: 'unknown_note' }[status];
    const isOld = citation.standing === 'history' || status === 'revoked';
    const close = h('button', { type: 'button', class: 'close', autofocus: true }, say('close'));
    close.addEventListener('click', () => this.dialog.close());
    const more = !passage && !isLoading && h('button', { type: 'button' }, say('load_full'));
    if (more) more.addEventListener('click', () => this.load());
    const hadFocus = this.dialog.contains(document.activeElement);
    this.dialog.replaceChildren(
      h('header', {},
        h('div', {},
          h('h2', { id: 'source-title', dir: 'auto' }, articleLabel(citation.article) || citation.title),
          citation.article && h('p', { lang: citation.language, dir: 'auto' }, citation.title),
          h('p', {}, badge(status))),
        close),
      h('div', { class: 'sheet-body' },
        ...[
          stale && h('p', { class: 'notice' }, say(stale), ' ', this.successor(passage, newer)),
          passage?.heading && h('p', { class: 'chapter', lang: citation.language, dir: 'auto' }, passage.heading),
          ...this.drawText(text, passage?.cuts ?? [], isOld, passage ? answeringAt(citation) : citation.answer_start),
          passage?.status_note && h('details', {}, h('summary', {}, say('basis')), h('p', { lang: 'en', dir: 'ltr' }, passage.status_note)),
          note && h('p', { class: 'hint', role: 'status' }, note),
          more && h('p', {}, more),
          h('p', { class: 'as-of' }, this.facts(passage)),
          h('p', {}, h('a', { class: 'primary', href: citationAddress(citation) }, say('open_document'))),
        ].filter(Boolean)));
    if (hadFocus) close.focus();
    this.dialog.querySelector('mark')?.scrollIntoView({ block: 'nearest' });
  }

  /** The article, and apart from it what the passage holds beside it. */
  drawText(text, cuts, isOld, at) {
    const { language } = this.citation;
    const near = [...text].slice(0, at).join('').length;
    return stretchesOf(text, cuts, findSpan(text, answeringWords(this.citation), near)).flatMap(({ isOwn, lines }, at, all) => [
      !isOwn && all[at - 1]?.isOwn !== false && h('p', { class: 'hint' }, say('apart')),
      h('div', { class: `official${isOld ? ' history' : ''}${isOwn ? '' : ' apart'}`, lang: language, dir: 'auto' }, drawLines(lines)),
    ]);
  }

  successor(passage, newer) {
    const { standing, successor, successor_url: address } = this.citation;
    const said = afterwards({ standing, successor: passage?.successor_name || successor });
    if (!newer) return address && said ? h('a', { href: keepLanguage(address) }, said) : said;
    const name = citationName({ title: newer.document.citation || newer.document.title, article: newer.article });
    return h('a', { href: keepLanguage(`/p/${encodeURIComponent(newer.passage_id)}`) }, say('successor', { name }));
  }

  facts(passage) {
    const document = passage?.document ?? this.citation;
    const date = passage?.as_of || this.citation.as_of;
    return [date && say('as_of', { date: longDate(date) }), document.publisher].filter(Boolean).join(' · ');
  }
}

customElements.define('daulat-source', Source);
