import { hash, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/** A secret that nobody guesses: 256 random bits in base64url behind a prefix that says what it is for. */
export function newSecretWord(prefix: string): string {
  return prefix + randomBytes(SECRET_BYTES).toString('base64url');
}

/** What is kept of a random secret: its SHA-256, base64url. Found by it, nothing of the secret is compared. */
export function secretHash(secret: string): string {
  return hash('sha256', secret, 'base64url');
}
