<?php
// A receiver of the documentation's kind: a few lines of PHP.
$message = file_get_contents('php://input');
if (!empty($message)) {
    $message = json_decode($message, true);
    print_r($message);
}
