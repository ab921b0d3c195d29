// SPDX-License-Identifier: Apache-2.0
// Official text as it is shown: lines with their indent, the sentence that answers marked. Twin of web/quoting.py.

import { h, language, say } from './dom.js';

const DEPTHS = [
  [/^\s+(?:[-*•–]|[\p{L}\p{N}_]{1,3}[.)]|\([\p{L}\p{N}_]{1,4}\))\s/u, 3],
  [/^\([\p{L}\p{N}_]{1,4}\)\s/u, 1],
  [/^[\p{L}\p{N}_]{1,2}\.\s/u, 2],
  [/^[\p{L}\p{N}_]{1,3}\)\s/u, 3],
];

// Where an answer puts a space that the official text need not have: so the assistant keeps words from becoming markup.
const PARTED = /^(?:\] [(:[]|< [A-Za-z/!?])$/;
const SPACE = '[\\s\\x1c-\\x1f\\x85]'; // as the server knows it

/** Find a quotation in a text, whatever the white space between its words, nearest to a place; [0, 0] if it is not there. */
export function findSpan(text, quote, near = 0) {
  const words = quote.split(new RegExp(`${SPACE}+`)).filter(Boolean);
  if (!words.length) return [0, 0];
  const sought = words.map((word, at) => {
    const gap = at && SPACE + (PARTED.test(`${words[at - 1].at(-1)} ${word[0]}`) ? '*' : '+');
    return (gap || '') + word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  });
  const found = [...text.matchAll(new RegExp(sought.join(''), 'g'))].map(({ index, 0: all }) => [index, index + all.length]);
  return found.reduce((best, span) => (Math.abs(span[0] - near) < Math.abs(best[0] - near) ? span : best), found[0] ?? [0, 0]);
}

const CELLS = ' | '; // between the cells of a table's row, as readers of documents write it
const isRow = (line) => line?.parts.some(([part]) => part.includes(CELLS));

/** Cut a text into lines and mark the characters of a span in them. Rows of a table stand below each other. */
export function linesOf(text, [from, to] = [0, 0]) {
  const lines = [];
  let at = 0;
  for (const raw of text.split('\n')) {
    const inside = (edge) => Math.min(Math.max(edge - at, 0), raw.length);
    const [start, end] = [inside(from), inside(to)];
    const parts = end > start
      ? [[raw.slice(0, start), false], [raw.slice(start, end), true], [raw.slice(end), false]].filter(([part]) => part)
      : [[raw, false]];
    if (raw.trim()) lines.push({ depth: DEPTHS.find(([pattern]) => pattern.test(raw))?.[1] ?? 0, parts });
    at += raw.length + 1;
  }
  return lines.map((line, row) => {
    const cell = isRow(line) && ((isRow(lines[row - 1]) && 'td') || (isRow(lines[row + 1]) && 'th'));
    return cell ? { ...line, depth: 0, cell } : line;
  });
}

/** Cut a passage where something begins that is not of the article before it; its own is what holds the span. */
export function stretchesOf(text, cuts, [from, to] = [0, 0]) {
  const signs = cuts.length ? [...text] : []; // the API counts whole characters
  const edges = [0, ...cuts.map((cut) => signs.slice(0, cut).join('').length), text.length];
  const [first, last] = to > from ? [from, to] : [0, 1];
  return edges.slice(1).map((end, at) => ({
    isOwn: first < end && last > edges[at],
    lines: linesOf(text.slice(edges[at], end), [from - edges[at], to - edges[at]]),
  }));
}

// Characters of a list or a table that is shown whole: its last row may be the one that answers.
const LONGEST_LIST = 3000;

/** The first and last line with all rows of the tables that they stand in. */
function tableAround(lines, first, last) {
  while (lines[first].cell === 'td' && lines[first - 1]?.cell) first -= 1;
  while (lines[last].cell && lines[last + 1]?.cell === 'td') last += 1;
  return [first, last];
}

/** The first and last line of the list that these stand in or lead to, with the line that leads to it. */
function listAround(lines, first, last) {
  const deep = lines.slice(first, last + 1).map((line) => line.depth).filter((depth) => depth > 1);
  const own = deep.length ? Math.min(...deep) : 0;
  const below = lines[last + 1]?.depth ?? 0;
  const depth = own || (below > Math.max(lines[last].depth, 1) ? below : 0); // of the items
  const isOutside = (line) => line.depth > 0 && line.depth < depth;
  if (depth) {
    while (own && first > 0 && !isOutside(lines[first])) first -= 1;
    while (last + 1 < lines.length && !isOutside(lines[last + 1])) last += 1;
  }
  return [first, last];
}

/**
 * Keep the marked lines, the whole of the list or table that they stand in or lead to, and neighbours up to about
 * `limit` characters; what is left out becomes a line without parts.
 */
export function excerpt(lines, limit = 900) {
  const sizes = lines.map((line) => line.parts.reduce((sum, [part]) => sum + part.length, 0));
  if (sizes.reduce((sum, size) => sum + size, 0) <= limit) return lines;
  const isMarked = (line) => line.parts.some(([, marked]) => marked);
  const weigh = (from, to) => sizes.slice(from, to + 1).reduce((sum, size) => sum + size, 0);
  const begins = Math.max(lines.findIndex(isMarked), 0);
  const ends = Math.max(lines.findLastIndex?.(isMarked) ?? begins, begins);
  let [first, last] = listAround(lines, ...tableAround(lines, begins, ends));
  if (weigh(first, last) > LONGEST_LIST) [first, last] = [begins, ends];
  let room = limit - weigh(first, last);
  for (;;) {
    const near = [first - 1, last + 1].filter((at) => at >= 0 && at < lines.length && sizes[at] <= room);
    if (!near.length) break;
    const at = near.reduce((best, place) => (sizes[place] < sizes[best] ? place : best));
    room -= sizes[at];
    first = Math.min(first, at);
    last = Math.max(last, at);
  }
  const leftOut = (from, to) => {
    const rest = lines.slice(from, to);
    // A few words are sooner read than opened.
    return weigh(from, to - 1) <= Math.floor(limit / 3) ? rest : [{ depth: 0, parts: [], rest }];
  };
  return [...leftOut(0, first), ...lines.slice(first, last + 1), ...leftOut(last + 1, lines.length)];
}

/** The same lines without a mark: old text does not answer. */
export const unmarked = (lines) => lines.map((line) => (
  { ...line, parts: line.parts.length ? [[line.parts.map(([part]) => part).join(''), false]] : [] }));

const drawParts = (parts) => parts.map(([part, marked]) => (marked ? h('mark', {}, part) : part));

function drawRow({ parts, cell }) {
  const cells = [[]];
  for (const [text, marked] of parts) {
    text.split(CELLS).forEach((piece, at) => {
      if (at) cells.push([]);
      if (piece) cells.at(-1).push([piece, marked]);
    });
  }
  return h('tr', {}, cells.map((each) => h(cell, { scope: cell === 'th' && 'col' }, drawParts(each))));
}

/** Draw lines as paragraphs, rows as tables that are named after their columns. */
export function drawLines(lines) {
  const drawn = [];
  let table;
  lines.forEach((line, at) => {
    if (line.cell) {
      if (!lines[at - 1]?.cell) {
        const name = line.parts.map(([part]) => part).join('').replaceAll(CELLS, ', ');
        drawn.push(h('div', { class: 'rows', tabindex: '0', role: 'region', 'aria-label': name }, table = h('table')));
      }
      table.append(drawRow(line));
    } else if (line.parts.length) drawn.push(h('p', { class: `d${line.depth}` }, drawParts(line.parts)));
    else {
      const { rest } = line;
      drawn.push(h('details', { class: 'gap' }, h('summary', { lang: language }, say('omitted', { n: rest.length })), drawLines(rest)));
    }
  });
  return drawn;
}
