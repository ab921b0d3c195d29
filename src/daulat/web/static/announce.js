// SPDX-License-Identifier: Apache-2.0
// What a screen reader hears: an answer by whole sentences, as they become complete, and never by tokens.

import { h, language } from './dom.js';
import { plain } from './markdown.js';

function sentences(text) {
  if (!Intl.Segmenter) return text.match(/[^.!?\n]+[.!?]*\s*|\n+/g) ?? [];
  return [...new Intl.Segmenter(language, { granularity: 'sentence' }).segment(text)].map(({ segment }) => segment);
}

// As long as a reader needs to take up what was said last; it speaks what it took up to the end.
export const HEARD_MS = 5_000;

export class Announcer {
  constructor(region) {
    this.region = region;
    this.reset();
  }

  reset() {
    clearTimeout(this.silence);
    this.spoken = 0;
    this.region.replaceChildren();
  }

  /** Say one thing now. */
  say(text) {
    this.region.append(h('p', {}, text));
  }

  /** Fall silent: who reads on from the field is past the answer, and must not meet it a second time. */
  end() {
    this.silence = setTimeout(() => this.region.replaceChildren(), HEARD_MS);
  }

  /** Say the sentences of an answer that are complete and not yet said. The last may still grow. */
  follow(text, whole) {
    const found = sentences(plain(text));
    const complete = whole ? found : found.slice(0, -1);
    for (const sentence of complete.slice(this.spoken)) if (sentence.trim()) this.say(sentence.trim());
    this.spoken = Math.max(this.spoken, complete.length);
  }
}
