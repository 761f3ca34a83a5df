export { pageData } from './build.js';
export { MAP_SIZE, type PageGraph } from './data.js';
export { pageAssets, renderPage } from './html.js';
export { packGraph } from './pack-graph.js';
