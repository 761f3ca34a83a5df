export { recordScript } from './script.js';
export {
  DEFAULT_BUFFER_KB,
  DEFAULT_GROUPS,
  DEFAULT_OUTPUT,
  EVENT_GROUPS,
  type EventGroup,
  type RecordSettings,
} from './settings.js';
