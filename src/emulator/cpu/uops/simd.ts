/** The Advanced SIMD integer definitions: importing this registers them all. */
import './simd-different.ts';
import './simd-element.ts';
import './simd-misc.ts';
import './simd-move.ts';
import './simd-same.ts';
import './simd-shift-register.ts';
import './simd-shift.ts';
import './simd-structure.ts';
