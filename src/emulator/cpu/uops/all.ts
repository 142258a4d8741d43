/** Every group of uop definitions: importing this registers them all. */
import './arithmetic.ts';
import './logical.ts';
import './multiply.ts';
import './branches.ts';
import './loads-stores.ts';
import './exclusives.ts';
import './simd.ts';
import './system-instructions.ts';
import './fp-arithmetic.ts';
import './fp-compare.ts';
import './fp-convert.ts';
import './crypto.ts';
