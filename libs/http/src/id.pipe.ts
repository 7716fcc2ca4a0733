import type { PipeTransform } from '@nestjs/common';
import { type Brand } from '../../core/src/common/brand';
import type { ProblemCode } from '../../core/src/common/errors';
import { asId } from '../../core/src/common/ids';
import { orNotFound } from './or-not-found';

const PLAIN = /^[A-Za-z0-9._:~-]{1,300}$/;

/** An id from a path. One that no id could look like is simply not there: 404, and no store is asked. */
export class IdPipe<Id extends Brand<string, string>> implements PipeTransform<string, Id> {
  constructor(
    private readonly code: ProblemCode,
    private readonly what: string,
  ) {}

  transform(value: string): Id {
    return asId<Id>(orNotFound(PLAIN.test(value) ? value : undefined, this.code, this.what));
  }
}
