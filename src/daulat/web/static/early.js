// SPDX-License-Identifier: Apache-2.0
// Before the first paint: the display that this reader chose here before. Plain script, so that nothing flashes.
{
  const root = document.documentElement;
  root.dataset.script = 'on'; // what only a script fills keeps its place from the beginning
  try {
    Object.assign(root.dataset, JSON.parse(localStorage.getItem('daulat.display') || '{}'));
  } catch {
    // Storage is closed to us; the page's own defaults stand.
  }
  const saves = navigator.connection?.saveData || matchMedia('(prefers-reduced-data: reduce)').matches;
  if (!root.dataset.data && (saves || 'saveData' in root.dataset)) root.dataset.data = 'low';
}
