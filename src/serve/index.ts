export { pageApp } from './app.js';
export { Changes } from './changes.js';
export { StoredPages } from './stored-page.js';
