// SPDX-License-Identifier: Apache-2.0
// An answer as it is seen: a turn of the conversation in, nodes out. Draws the same thing for a half answer and a whole one.

import { articleLabel, badge, h, keepLanguage, language, longDate, say, statusOf } from './dom.js';
import { LISTED, beforeIntroduction, fenceQuotes, ownWords, placeAgain, placeMarks, quotations, render, withoutMarks, plain } from './markdown.js';
import { drawLines, excerpt, findSpan, linesOf, unmarked } from './quoting.js';

const OPENING_IN_ADDRESS = 60;

/** The characters that answer, as a span of UTF-16 units; the API counts whole characters. */
function answeringSpan({ quote, answer_start: start, answer_end: end }) {
  const signs = [...quote];
  return [signs.slice(0, start).join('').length, signs.slice(0, end).join('').length];
}

/** The words of a citation that answer: its marked sentence, else its whole quote. */
export function answeringWords(citation) {
  return citation.quote.slice(...answeringSpan(citation)) || citation.quote;
}

/** Where they begin in their passage, in whole characters; a conversation kept from before does not know. */
export const answeringAt = ({ quote_start: start, answer_start: at }) => start + at || 0;

/** The address of a citation's passage, at the words that answer, which are marked there: how they begin, from where to where they stand. */
export function citationAddress(citation) {
  const words = [...answeringWords(citation)];
  const opening = words.slice(0, OPENING_IN_ADDRESS).join('');
  const told = words.length > OPENING_IN_ADDRESS ? opening.replace(/\s\S*$/, '') : opening;
  const at = answeringAt(citation);
  return keepLanguage(`/p/${encodeURIComponent(citation.passage_id)}?q=${encodeURIComponent(told)}&at=${at}-${at + words.length}#quote`);
}

/** A citation's document and article, as text. */
export function citationName({ title, article }) {
  return [title, articleLabel(article)].filter(Boolean).join(', ');
}

/** What replaced a text, or what should be read too, where it was changed somewhere. */
export const afterwards = ({ standing, successor }) => successor && say(standing === 'history' ? 'successor' : 'newer', { name: successor });

/** Of the sources whose standing nobody knows, the place of the first, where it is told what that means. */
const unknownAt = (citations) => citations.findIndex((each) => statusOf(each.status) === 'unknown' && !afterwards(each) && !each.successor_url);

/** Where `caution` has told what changed a text, its name stands here only as a link. */
function drawSource(citation, number, place, isFirstUnknown, caution) {
  const { title, article, status, successor_url: address } = citation;
  const note = isFirstUnknown ? 'unknown_note' : status === 'revoked' && 'revoked_note';
  const name = afterwards(citation);
  const after = address ? h('a', { href: keepLanguage(address) }, name) : name ? !caution && name : note && say(note);
  const url = `${location.origin}/p/${encodeURIComponent(citation.passage_id)}`;
  return [
    h('a', { class: 'source', href: citationAddress(citation), 'data-place': place, 'data-url': url },
      number && h('span', { class: 'number' }, number), number && ' ',
      h('span', { lang: citation.language }, title), article && `, ${articleLabel(article)}`),
    ' ', badge(status),
    after && h('span', { class: 'successor', dir: 'auto' }, after),
  ];
}

/** Old text never wears the dress of an answer. */
const isHistory = ({ status, standing }) => standing === 'history' || status === 'revoked';

/** The source of what was not said in its words, such as what became of a law, has none that answer. */
const isAnswering = ({ answer_start: start, answer_end: end }) => start < end;

/**
 * What a reader is told of an answer's making: its own mode, `history` where it leads with old text, `message` where it quotes
 * nothing and sends nobody for help, such as a greeting or what became of a law.
 */
export function shownMode({ details, citations }) {
  if (details?.mode === 'notice') return details.is_urgent ? 'notice' : 'message';
  if (details?.mode !== 'quotation' || !citations.length) return details?.mode;
  if (!citations.some(isAnswering)) return 'message';
  return isHistory(citations[0]) ? 'history' : 'quotation';
}

function drawFigure(citations, at, isFurther = false, caution = []) {
  const citation = citations[at];
  const lines = excerpt(linesOf(citation.quote, answeringSpan(citation)));
  const isOld = isHistory(citation);
  return h('figure', { class: `quote${isFurther ? ' further' : ''}${isOld ? ' history' : ''}` },
    isOld && h('p', { class: 'old', lang: language }, say('history')),
    caution.length && h('div', { class: 'caution' }, caution),
    h('blockquote', { lang: citation.language, dir: 'auto' }, drawLines(isOld ? unmarked(lines) : lines)),
    h('figcaption', { lang: language, dir: 'auto' }, drawSource(citation, at + 1, `citations/${at}`, at === unknownAt(citations), caution.length)));
}

/** The words and the quotations. A quoted stretch that stands in a citation is shown as that citation, whole and marked. */
function drawSaid({ text: whole, citations, details }) {
  const shown = new Set();
  const mark = (number) => h('a', {
    class: 'cite',
    href: citationAddress(citations[number - 1]),
    'data-place': `citations/${number - 1}`,
    'aria-label': `${say('source', { n: number })}: ${citations[number - 1].title}`,
  }, number);
  // Offices are drawn as what they are; their lists in the text are for clients that show text only.
  const text = placeMarks(whole, citations, details?.spoken, details?.listed);
  const before = details?.call && text.includes(LISTED) ? text.indexOf(LISTED) : 0;
  const alarm = render(text.slice(0, before), mark);
  const placed = text.slice(before).replaceAll(LISTED, '');
  const told = details?.mode === 'quotation' ? fenceQuotes(placed, citations) : placeAgain(placed);
  const blocks = [];
  let introduction = '';
  for (const { quoted, text: stretch } of quotations(told)) {
    const words = withoutMarks(stretch);
    const having = quoted ? citations.map((_, at) => at).filter((at) => findSpan(ownWords(citations[at].quote), words)[1]) : [];
    const at = having.find((each) => !shown.has(each)) ?? having[0] ?? -1;
    if (at < 0) {
      introduction = quoted ? '' : stretch;
      blocks.push(...(quoted ? [h('blockquote', {}, render(stretch, mark))] : render(stretch, mark)));
    } else if (!shown.has(at)) {
      const isFurther = details?.mode === 'quotation' && shown.size > 0 && !isHistory(citations[at]);
      // Its source says the same as the line that introduces it; what is said before that line is of it alone.
      const before = isFurther ? beforeIntroduction(introduction, at + 1) : null;
      if (before !== null) blocks.splice(-render(introduction, mark).length);
      introduction = '';
      if (isFurther && !blocks.some((block) => block.matches('.further'))) blocks.push(h('h3', { lang: language }, say('further')));
      shown.add(at);
      blocks.push(drawFigure(citations, at, isFurther, render(before ?? '', mark)));
    }
  }
  if (details?.mode === 'quotation') {
    citations.forEach((citation, at) => {
      if (shown.has(at) || !isAnswering(citation)) return;
      shown.add(at);
      blocks.push(drawFigure(citations, at));
    });
  }
  return { alarm, blocks, rest: citations.map((citation, at) => [citation, at]).filter(([, at]) => !shown.has(at)) };
}

/** The address that dials a number; an extension is dialled after a pause, as telephones read a comma. */
const dial = (phone) => `tel:${phone.replace(/\s*\bext\b\.?\s*/i, ',').replace(/[^\d+*#,]/g, '')}`;

/** Whom to ask; whom to call now, where `isUrgent`: then a number is a button, and no address distracts from it. */
function drawContacts(contacts, isUrgent) {
  return h('section', { class: isUrgent ? 'contacts urgent' : 'contacts', lang: language },
    h('h3', {}, say(isUrgent ? 'call_now' : 'contacts')),
    h('ul', {}, contacts.map(({ name, about, phone, url }) => {
      const web = url?.startsWith('https://') && !(isUrgent && phone);
      return h('li', { dir: 'auto' },
        h('b', {}, name), about && ' ', about && h('span', {}, about),
        phone && ' ', phone && h('a', { class: 'phone', href: dial(phone) }, isUrgent ? say('call', { phone }) : phone),
        web && ' ', web && h('a', { href: url, rel: 'noreferrer' }, url.slice(8)));
    })));
}

function drawState({ state, waiting }) {
  if (state === 'waiting') return h('p', { class: 'working' }, say('searching'));
  if (waiting) return h('p', { class: 'working' }, say('reconnecting'));
  return state === 'stopped' && h('p', { class: 'hint' }, say('stopped'), again());
}

/** Why there is no whole answer, as it is now: who is back again is not told that they are offline. */
const whyNot = (failure) => (failure === 'offline' && navigator.onLine ? 'interrupted' : failure);

const again = () => [' ', h('button', { type: 'button', 'data-do': 'retry' }, say('retry'))];

/** Draw a turn's answer. */
export function drawAnswer(turn) {
  const { details, citations, state, failure } = turn;
  const { alarm, blocks, rest } = drawSaid(turn);
  const fresh = document.createDocumentFragment();
  const own = { lang: language };
  const isNotice = details?.mode === 'notice'; // nothing of law in it: no date, nothing to copy
  const told = shownMode(turn);
  const mode = told && told !== 'message' && h('p', { class: 'mode', ...own }, say(`mode_${told}`));
  fresh.append(...[
    isNotice && mode,
    alarm.length && h('div', { class: 'said alarm' }, alarm),
    details?.call && drawContacts(details.call, true),
    !isNotice && mode,
    details?.notice && h('p', { class: 'notice', dir: 'auto', lang: details.notice_language }, details.notice),
    blocks.length && h('div', { class: 'said' }, blocks),
    state === 'done' && rest.length && h('section', { class: 'sources', ...own }, h('h3', {}, say('sources')),
      h('ul', {}, rest.map(([citation, at]) => h('li', { dir: 'auto' },
        drawSource(citation, at + 1, `citations/${at}`, at === unknownAt(citations)))))),
    details?.contacts && drawContacts(details.contacts),
    details?.related?.length && h('section', { class: 'sources', ...own }, h('h3', {}, say('nearest')),
      h('ul', {}, details.related.map((citation, at) => h('li', { dir: 'auto' },
        h('div', { class: 'near', lang: citation.language, dir: 'auto' }, drawLines(excerpt(linesOf(citation.quote)))),
        drawSource(citation, 0, `related/${at}`))))),
    drawState(turn),
    failure && h('p', { class: 'notice', ...own }, say(whyNot(failure), { n: turn.seconds }), again()),
    !isNotice && details?.as_of && !details.as_of_told && h('p', { class: 'as-of', ...own }, say('as_of', { date: longDate(details.as_of) })),
    !isNotice && state === 'done' && h('p', { class: 'actions', ...own },
      h('button', { type: 'button', 'data-do': 'copy' }, say('copy')),
      navigator.share && h('button', { type: 'button', 'data-do': 'share' }, say('share')),
      h('button', { type: 'button', 'data-do': 'print' }, say('print'))),
  ].filter(Boolean));
  return fresh;
}

/** An answer with its sources as plain text, to copy or to share. */
export function asText({ question, text, citations, details }) {
  const sources = citations.map((citation, at) => {
    const { status } = citation;
    const note = afterwards(citation) || (at === unknownAt(citations) && say('unknown_note'));
    const words = details?.mode === 'quotation' && isAnswering(citation) && !plain(text).includes(plain(answeringWords(citation)))
      ? `\n“${answeringWords(citation)}”` : '';
    return `[${at + 1}] ${citationName(citation)} (${say(`status_${statusOf(status)}`)})${note ? ` ${note}` : ''}${words}\n${location.origin}${citationAddress(citation)}`;
  });
  const date = details?.as_of && !details.as_of_told && say('as_of', { date: longDate(details.as_of) });
  return [question, plain(text), sources.length && [`${say('sources')}:`, ...sources].join('\n'), date, say('share_note')]
    .filter(Boolean).join('\n\n');
}
