-- Digits of all scripts, and numbers such as ½ and ², are parts of words, as in other log stores: PostgreSQL's own class of
-- letters and digits has those of ASCII alone, so that a search for ١٢ found nothing, and one for ١٢ and other words
-- passed over it. İ is an i, also where ICU lowers it to an i and a dot, which would end the word. In a database whose
-- locale is not C, its parser still takes ½ and ² for what separates words.
--
-- Nothing is indexed anew, which would take as long as there are records: where the index is used, words with such digits
-- are not found in what was stored before, all others are. REINDEX INDEX CONCURRENTLY would find them.
DO $migration$
DECLARE
  -- Of Unicode 16: the general categories Nd and No beyond ASCII.
  digits text := concat(
    '\u00b2-\u00b3\u00b9\u00bc-\u00be\u0660-\u0669\u06f0-\u06f9\u07c0-\u07c9\u0966-\u096f\u09e6-\u09ef',
    '\u09f4-\u09f9\u0a66-\u0a6f\u0ae6-\u0aef\u0b66-\u0b6f\u0b72-\u0b77\u0be6-\u0bf2\u0c66-\u0c6f\u0c78-\u0c7e',
    '\u0ce6-\u0cef\u0d58-\u0d5e\u0d66-\u0d78\u0de6-\u0def\u0e50-\u0e59\u0ed0-\u0ed9\u0f20-\u0f33\u1040-\u1049',
    '\u1090-\u1099\u1369-\u137c\u17e0-\u17e9\u17f0-\u17f9\u1810-\u1819\u1946-\u194f\u19d0-\u19da\u1a80-\u1a89',
    '\u1a90-\u1a99\u1b50-\u1b59\u1bb0-\u1bb9\u1c40-\u1c49\u1c50-\u1c59\u2070\u2074-\u2079\u2080-\u2089',
    '\u2150-\u215f\u2189\u2460-\u249b\u24ea-\u24ff\u2776-\u2793\u2cfd\u3192-\u3195\u3220-\u3229\u3248-\u324f',
    '\u3251-\u325f\u3280-\u3289\u32b1-\u32bf\ua620-\ua629\ua830-\ua835\ua8d0-\ua8d9\ua900-\ua909\ua9d0-\ua9d9',
    '\ua9f0-\ua9f9\uaa50-\uaa59\uabf0-\uabf9\uff10-\uff19\U00010107-\U00010133\U00010175-\U00010178',
    '\U0001018a-\U0001018b\U000102e1-\U000102fb\U00010320-\U00010323\U000104a0-\U000104a9\U00010858-\U0001085f',
    '\U00010879-\U0001087f\U000108a7-\U000108af\U000108fb-\U000108ff\U00010916-\U0001091b\U000109bc-\U000109bd',
    '\U000109c0-\U000109cf\U000109d2-\U000109ff\U00010a40-\U00010a48\U00010a7d-\U00010a7e\U00010a9d-\U00010a9f',
    '\U00010aeb-\U00010aef\U00010b58-\U00010b5f\U00010b78-\U00010b7f\U00010ba9-\U00010baf\U00010cfa-\U00010cff',
    '\U00010d30-\U00010d39\U00010d40-\U00010d49\U00010e60-\U00010e7e\U00010f1d-\U00010f26\U00010f51-\U00010f54',
    '\U00010fc5-\U00010fcb\U00011052-\U0001106f\U000110f0-\U000110f9\U00011136-\U0001113f\U000111d0-\U000111d9',
    '\U000111e1-\U000111f4\U000112f0-\U000112f9\U00011450-\U00011459\U000114d0-\U000114d9\U00011650-\U00011659',
    '\U000116c0-\U000116c9\U000116d0-\U000116e3\U00011730-\U0001173b\U000118e0-\U000118f2\U00011950-\U00011959',
    '\U00011bf0-\U00011bf9\U00011c50-\U00011c6c\U00011d50-\U00011d59\U00011da0-\U00011da9\U00011de0-\U00011de9',
    '\U00011f50-\U00011f59\U00011fc0-\U00011fd4\U00016130-\U00016139\U00016a60-\U00016a69\U00016ac0-\U00016ac9',
    '\U00016b50-\U00016b59\U00016b5b-\U00016b61\U00016d70-\U00016d79\U00016e80-\U00016e96\U0001ccf0-\U0001ccf9',
    '\U0001d2c0-\U0001d2d3\U0001d2e0-\U0001d2f3\U0001d360-\U0001d378\U0001d7ce-\U0001d7ff\U0001e140-\U0001e149',
    '\U0001e2f0-\U0001e2f9\U0001e4f0-\U0001e4f9\U0001e5f1-\U0001e5fa\U0001e8c7-\U0001e8cf\U0001e950-\U0001e959',
    '\U0001ec71-\U0001ecab\U0001ecad-\U0001ecaf\U0001ecb1-\U0001ecb4\U0001ed01-\U0001ed2d\U0001ed2f-\U0001ed3d',
    '\U0001f100-\U0001f10c\U0001fbf0-\U0001fbf9'
  );
BEGIN
  EXECUTE replace(
    replace(pg_get_functiondef('log_words(text)'::regprocedure), '[^[:alnum:]]', '[^[:alnum:]' || digits || ']'),
    '"left"(message, 32768) COLLATE',
    'replace("left"(message, 32768), ''İ'', ''i'') COLLATE'
  );
END
$migration$;
