// SPDX-License-Identifier: Apache-2.0
// Nodes and words: how every module makes elements, never from HTML, and says things in the reader's language.

const words = JSON.parse(document.getElementById('live').textContent);

export const language = document.documentElement.lang;

/** Say a message of the page's language, {fields} filled in. */
export function say(key, fields = {}) {
  return words[key].replace(/\{(\w+)\}/g, (whole, name) => fields[name] ?? whole);
}

/** Make an element. Strings become text; null and false are left out. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(key, '');
    else if (value) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter(Boolean));
  return element;
}

/** Make `parent` look like `fresh`, leaving alone what is the same already, so that focus and selection stay. */
export function settle(parent, fresh) {
  const nodes = [...fresh.childNodes];
  nodes.forEach((node, at) => {
    const old = parent.childNodes[at];
    if (!old) parent.append(node);
    else if (!old.isEqualNode(node)) old.replaceWith(node);
  });
  while (parent.childNodes.length > nodes.length) parent.lastChild.remove();
}

/** Write an ISO date in full; what is not a full date stays as it is. */
export function longDate(date) {
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) return date;
  return new Intl.DateTimeFormat([language, 'id'], { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(date));
}

/** Name an article; a source that already spells it out is left alone. */
export function articleLabel(article) {
  return /^\d/.test(article) ? say('article', { n: article }) : article;
}

/** Return a path with the chosen language kept. */
export function keepLanguage(path) {
  const chosen = new URLSearchParams(location.search).get('lang');
  const [, before, place] = /^([^#]*)(.*)$/.exec(path);
  return chosen ? `${before}${before.includes('?') ? '&' : '?'}lang=${encodeURIComponent(chosen)}${place}` : path;
}

/** Tell the legal statuses we have words for from any other. */
export const statusOf = (status) => (words[`status_${status}`] ? status : 'unknown');

/** Draw a legal status. */
export const badge = (status) => h('span', { class: 'badge', 'data-status': statusOf(status) }, say(`status_${statusOf(status)}`));
