// SPDX-License-Identifier: Apache-2.0
// The page of sliders: a moved slider asks the planner, and the answer takes the place of the results. The server's
// drawings come as trees of nodes, so that no HTML is ever made from text.

const SVG = 'http://www.w3.org/2000/svg';
const PAUSE_MS = 180;
const { scenario, language, draws, words } = JSON.parse(document.getElementById('plan-live').textContent);
const form = document.getElementById('levers');
const results = document.getElementById('results');
const status = document.getElementById('plan-status');
const fault = document.getElementById('plan-fault');
const sliders = [...form.querySelectorAll('input[type="range"]')];

let timer = 0;
let running = null;

/** Build a drawing from its tree: name, attributes, children. */
function build([name, attributes, ...children]) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children.map((child) => (Array.isArray(child) ? build(child) : child)));
  return node;
}

function tell(slider) {
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumSignificantDigits: 4 });
  const text = number.format(slider.valueAsNumber);
  slider.parentElement.querySelector('output').value = text;
  slider.setAttribute('aria-valuetext', `${text} ${slider.dataset.unit}`);
}

/** What the reader has set; what nobody touched keeps its range. */
function changes() {
  const set = sliders.filter((slider) => 'set' in slider.dataset);
  return Object.fromEntries(set.map((slider) => [slider.name.slice(2), slider.valueAsNumber]));
}

function row(cells) {
  const line = document.createElement('tr');
  cells.forEach((text, at) => {
    const cell = document.createElement(at ? 'td' : 'th');
    if (!at) cell.scope = 'row';
    cell.textContent = text;
    line.append(cell);
  });
  return line;
}

function show(page) {
  for (const { name, value, range } of page.tiles) {
    const tile = results.querySelector(`[data-tile="${name}"]`);
    tile.querySelector('b').textContent = value;
    tile.querySelector('small').textContent = range;
  }
  for (const { ident, drawing, rows } of page.charts) {
    const figure = document.getElementById(`chart-${ident}`);
    figure.querySelector('.drawn').replaceChildren(build(drawing));
    figure.querySelector('tbody').replaceChildren(...rows.map(row));
  }
  document.getElementById('plan-verdict').textContent = page.verdict;
  fault.textContent = page.fault;
  fault.hidden = !page.fault;
  const [capital, cost] = ['capex_usd', 'cost_per_mtok'].map((name) => page.tiles.find((tile) => tile.name === name));
  const fields = { capital: `${capital.value} ${capital.unit}`, cost: `${cost.value} USD` };
  status.textContent = words.done.replace(/\{(\w+)\}/g, (whole, name) => fields[name] ?? whole);
}

async function work() {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  results.setAttribute('aria-busy', 'true');
  status.textContent = words.working;
  const asked = { view: 'page', language, draws, changes: changes() };
  if (scenario) asked.scenario = scenario;
  try {
    const response = await fetch('/v1/plans', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(asked),
      signal: mine.signal,
    });
    const answer = await response.json();
    if (running !== mine) return;
    if (response.ok) show(answer);
    else status.textContent = response.status === 400 ? answer.error.message : words.failed;
  } catch (error) {
    if (error.name === 'AbortError') return;
    status.textContent = words.failed;
  }
  if (running === mine) results.removeAttribute('aria-busy');
}

for (const slider of sliders) {
  tell(slider);
  slider.addEventListener('input', () => {
    slider.dataset.set = '';
    tell(slider);
    clearTimeout(timer);
    timer = setTimeout(work, PAUSE_MS);
  });
}
