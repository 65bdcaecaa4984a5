// Trimmed for hospes: only the parts that frontend/css/main.css uses. The other files are daisyUI 5.8.1 as published.
import properties from './base/properties/index.js';
import alert from './components/alert/index.js';
import badge from './components/badge/index.js';
import button from './components/button/index.js';
import card from './components/card/index.js';
import checkbox from './components/checkbox/index.js';
import divider from './components/divider/index.js';
import kbd from './components/kbd/index.js';
import link from './components/link/index.js';
import loading from './components/loading/index.js';
import menu from './components/menu/index.js';
import progress from './components/progress/index.js';
import radio from './components/radio/index.js';
import skeleton from './components/skeleton/index.js';
import steps from './components/steps/index.js';
import table from './components/table/index.js';
import toggle from './components/toggle/index.js';
import join from './utilities/join/index.js';

export const base = { properties };
export const components = {
  alert, badge, button, card, checkbox, divider, kbd, link, loading, menu, progress, radio, skeleton, steps, table, toggle,
};
export const utilities = { join };
