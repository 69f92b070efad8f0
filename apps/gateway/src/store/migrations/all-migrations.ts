import { access } from './001-access.ts';
import type { Migration } from './migration.ts';

/** In their order; the number of one is its place, from 1. New ones go to the end. */
export const allMigrations: readonly Migration[] = [access];
