// SPDX-License-Identifier: Apache-2.0
// <daulat-display>: text size, colours and low data, kept in this browser and nowhere else.

const STORE = 'daulat.display';

class Display extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector('form');
    const details = this.querySelector('details');
    const { text = 'normal', theme = 'auto', data } = document.documentElement.dataset;
    form.elements.text.value = text;
    form.elements.theme.value = theme;
    form.elements.data.checked = data === 'low';
    form.addEventListener('change', () => this.apply(form));
    details.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      details.open = false;
      details.querySelector('summary').focus();
    });
    document.addEventListener('click', (event) => {
      if (!details.contains(event.target)) details.open = false;
    });
    this.hidden = false;
  }

  apply(form) {
    const chosen = {
      text: form.elements.text.value,
      theme: form.elements.theme.value,
      data: form.elements.data.checked ? 'low' : 'full',
    };
    Object.assign(document.documentElement.dataset, chosen);
    try {
      localStorage.setItem(STORE, JSON.stringify(chosen));
    } catch {
      // Not kept, but in force for this page.
    }
  }
}

customElements.define('daulat-display', Display);
