// SPDX-License-Identifier: Apache-2.0
// The words of an answer to DOM nodes: paragraphs, lists, quotations, bold, links within this service, citation marks.
// Nothing is ever parsed as HTML. Twin of web/markdown.py.

import { h } from './dom.js';

// Private-use characters stand for a citation mark while the text is being read; the answer's own are dropped first.
// So do others for a stretch in another language: open, its tag, begin, the words, end; and one for a list of offices that
// is drawn elsewhere, as what it is.
export const LISTED = '\ue005';
const INLINE = /\ue002([A-Za-z0-9-]*)\ue003([^\ue004]+)\ue004|\ue000(\d+)\ue001|\*\*([^*\n]+)\*\*|\*([^*\s][^*\n]*)\*|\[([^\]\n]+)\]\(([^()\s]+)\)/g;
const ITEM = /^ {0,3}(?:[-*+]|(\d{1,9})[.)]) +(.*)$/;

/** The text as `placeMarks` leaves it: with spaces for the signs that are placeholders here. */
export const ownWords = (text) => text.replace(/[\ue000-\ue005]/g, ' ');

/**
 * Put a placeholder where each citation's marker and each list of offices stand, and around each stretch in another
 * language. Indices count characters, not UTF-16 units.
 */
export function placeMarks(text, citations, spoken = [], listed = []) {
  const signs = [...ownWords(text)];
  let edge = signs.length;
  const places = citations
    .map((citation, at) => ({ start: citation.start_index, end: citation.end_index, put: `\ue000${at + 1}\ue001` }))
    .filter(({ start, end }) => start < end);
  for (const { start_index: start, end_index: end } of listed) places.push({ start, end, put: LISTED });
  for (const { start_index: start, end_index: end, language } of spoken) {
    const isListed = listed.some((list) => list.start_index <= start && end <= list.end_index);
    if (end <= edge && !isListed) places.push({ start, end: start, put: `\ue002${language}\ue003` }, { start: end, end, put: '\ue004' });
  }
  places
    .sort((one, other) => other.start - one.start || other.end - one.end)
    .forEach(({ start, end, put }) => {
      if (end > edge) return;
      signs.splice(start, end - start, put);
      edge = start;
    });
  return signs.join('');
}

/** Put a placeholder also where a source is named again after its marker; the API tells its first place only. */
export const placeAgain = (text) => text.replace(/(?:^|\n)>[^\n]*|\[([0-9]{1,3})\](?!\()/g, (whole, number, at) => {
  const mark = `\ue000${number}\ue001`;
  return text.slice(0, at).includes(mark) ? mark : whole;
});

/** Take the placeholders out again. */
export const withoutMarks = (text) => text.replace(/\ue000\d+\ue001/g, '');

/** Put every line of a citation's quote that stands whole in the text behind a ">", as quoted text is written. */
export function fenceQuotes(text, citations) {
  return [...new Set(citations.map(({ quote }) => quote))].filter(Boolean).reduce((whole, quote) => {
    const fenced = `> ${quote.replaceAll('\n', '\n> ')}`;
    // A quote that stands so already may be part of a longer one, which is not to be torn.
    if (whole.includes(fenced)) return whole;
    const written = whole.includes(`> ${quote}`) ? `> ${quote}` : quote;
    return whole.replaceAll(written, () => `\n\n${fenced}\n\n`);
  }, text);
}

/** Cut a text into stretches that are quoted (lines that begin with ">") and stretches that are not. */
export function quotations(text) {
  const stretches = [];
  for (const line of text.split('\n')) {
    const quoted = line.startsWith('>');
    if (stretches.at(-1)?.quoted !== quoted) stretches.push({ quoted, lines: [] });
    stretches.at(-1).lines.push(quoted ? line.slice(1).replace(/^ /, '') : line);
  }
  return stretches
    .map(({ quoted, lines }) => ({ quoted, text: lines.join('\n') }))
    .filter((stretch) => stretch.text.trim());
}

/**
 * What a text with placeholders says before the paragraph that introduces this source; null where its last paragraph does
 * not, or where it names other sources too.
 */
export function beforeIntroduction(text, number) {
  const parts = text.trim().split('\n\n');
  const marks = (part) => part.match(/\ue000\d+\ue001/g)?.join();
  const named = `\ue000${number}\ue001`;
  return marks(text) === named && marks(parts.at(-1)) === named ? parts.slice(0, -1).join('\n\n') : null;
}

/** Return the text as it would be read out or copied. */
export function plain(text) {
  return withoutMarks(text)
    .replace(/\*\*([^*\n]+)\*\*/g, '$1')
    .replace(/^(?:> ?|#{1,6} )/gm, '')
    .replace(/\s+([.,;:!?])/g, '$1')
    .trim();
}

// A stretch that a line break cut through is no longer one; its placeholders are not shown.
const untorn = (text) => text.replace(/\ue002[^\ue003]*\ue003|\ue004/g, '');

function inline(text, mark) {
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(INLINE)) {
    nodes.push(untorn(text.slice(at, found.index)));
    at = found.index + found[0].length;
    const [whole, tongue, said, number, strong, emphasis, label, address] = found;
    if (said) nodes.push(h('span', { lang: tongue }, inline(said, mark)));
    else if (number) nodes.push(mark(Number(number)));
    else if (strong) nodes.push(h('strong', {}, inline(strong, mark)));
    else if (emphasis) nodes.push(h('em', {}, inline(emphasis, mark)));
    else if (/^\/(?![/\\])/.test(address)) nodes.push(h('a', { href: address }, inline(label, mark)));
    else nodes.push(whole);
  }
  nodes.push(untorn(text.slice(at)));
  return nodes;
}

const withBreaks = (lines, mark) => lines.flatMap((line, at) => [...(at ? [h('br')] : []), ...inline(line.trim(), mark)]);

/** Render a text with placeholders; `mark` draws the citation mark of a number. */
export function render(text, mark) {
  const blocks = [];
  let open = null;
  for (const line of text.split('\n')) {
    const item = ITEM.exec(line);
    if (!line.trim()) {
      if (open?.kind === 'p') open = null;
      continue;
    }
    if (item) {
      const kind = item[1] ? 'ol' : 'ul';
      if (open?.kind !== kind) blocks.push(open = { kind, start: Number(item[1] ?? 1), items: [] });
      open.items.push([item[2]]);
    } else if (/^#{1,6} /.test(line)) {
      blocks.push({ kind: 'strong', lines: [line.replace(/^#+ /, '')] });
      open = null;
    } else if (open?.items && /^ {2}/.test(line)) {
      open.items.at(-1).push(line);
    } else {
      if (open?.kind !== 'p') blocks.push(open = { kind: 'p', lines: [] });
      open.lines.push(line);
    }
  }
  return blocks.map(({ kind, lines, items, start }) => {
    if (items) return h(kind, { start: start > 1 && start, dir: 'auto' }, items.map((item) => h('li', {}, withBreaks(item, mark))));
    if (kind === 'strong') return h('p', { dir: 'auto' }, h('strong', {}, withBreaks(lines, mark)));
    return h('p', { dir: 'auto' }, withBreaks(lines, mark));
  });
}
