/** Version 3: which usage states classes had, added up over all inputs, as lv.held_pairs is: there is a row an input and class otherwise. */
export const THIRD = `
CREATE TABLE lv.usage_totals (
  class_id INTEGER NOT NULL,
  usage VARCHAR NOT NULL,
  inputs INTEGER NOT NULL,
  last_input INTEGER NOT NULL
);
INSERT INTO lv.usage_totals
  SELECT class_id, usage, count(DISTINCT input_id), max(input_id) FROM lv.class_facts GROUP BY ALL ORDER BY class_id, usage;
`;
