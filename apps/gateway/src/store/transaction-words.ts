// What both databases say of a transaction that is no more.
export const TRANSACTION_FAILED = 'a statement of this transaction failed: nothing of it is kept';
export const TRANSACTION_EXPIRED = 'the transaction took too long and was rolled back';
export const TRANSACTION_OVER = 'the transaction is over: nothing can be asked in it';
