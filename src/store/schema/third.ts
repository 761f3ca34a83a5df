/**
 * Version 3: locks of sources, whose context is nothing that runs; and which usage states classes had, added up over all inputs, as lv.held_pairs is: there is a row an input and class otherwise.
 */
export const THIRD = `
CREATE TABLE lv.usage_totals (
  class_id INTEGER NOT NULL,
  usage VARCHAR NOT NULL,
  inputs INTEGER NOT NULL,
  last_input INTEGER NOT NULL
);
INSERT INTO lv.usage_totals
  SELECT class_id, usage, count(DISTINCT input_id), max(input_id) FROM lv.class_facts GROUP BY ALL ORDER BY class_id, usage;
CREATE OR REPLACE MACRO running(context) AS
  CASE WHEN context & 64 != 0 THEN 'sources' WHEN context & 4 != 0 THEN 'nmi' WHEN context & 2 != 0 THEN 'hardirq'
    WHEN context & 1 != 0 THEN 'softirq' ELSE 'task' END;
`;
