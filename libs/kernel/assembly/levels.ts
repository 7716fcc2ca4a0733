/** As LOG_LEVELS of libs/core: from least to most severe. */
export const LEVELS: StaticArray<string> = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
