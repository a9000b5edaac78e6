import * as $protobuf from "protobufjs/minimal.js";
import Long = require("long");

/** Namespace vitrine. */
export namespace vitrine {

    /** Namespace v1. */
    namespace v1 {

        /**
         * Properties of an EventBatch.
         * @deprecated Use vitrine.v1.EventBatch.$Properties instead.
         */
        interface IEventBatch extends vitrine.v1.EventBatch.$Properties {
        }

        /** Represents an EventBatch. */
        class EventBatch {

            /**
             * Constructs a new EventBatch.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.EventBatch.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** EventBatch events. */
            events: vitrine.v1.Event.$Properties[];

            /**
             * Encodes the specified EventBatch message. Does not implicitly {@link vitrine.v1.EventBatch.verify|verify} messages.
             * @param message EventBatch message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.EventBatch.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an EventBatch message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.EventBatch & vitrine.v1.EventBatch.$Shape} EventBatch
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.EventBatch & vitrine.v1.EventBatch.$Shape;
        }

        namespace EventBatch {

            /** Properties of an EventBatch. */
            interface $Properties {

                /** EventBatch events */
                events?: (vitrine.v1.Event.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an EventBatch. */
            type $Shape = vitrine.v1.EventBatch.$Properties;
        }

        /**
         * Properties of an Event.
         * @deprecated Use vitrine.v1.Event.$Properties instead.
         */
        interface IEvent extends vitrine.v1.Event.$Properties {
        }

        /** Represents an Event. */
        class Event {

            /**
             * Constructs a new Event.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.Event.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Event event_id. */
            event_id?: (string|null);

            /** Event event. */
            event?: (string|null);

            /** Event timestamp. */
            timestamp?: (number|Long|null);

            /** Event user_id. */
            user_id?: (string|null);

            /** Event session_id. */
            session_id?: (string|null);

            /** Event items. */
            items: vitrine.v1.EventItem.$Properties[];

            /** Event value. */
            value?: (number|null);

            /** Event currency. */
            currency?: (string|null);

            /** Event transaction_id. */
            transaction_id?: (string|null);

            /** Event device. */
            device?: (string|null);

            /** Event discount. */
            discount?: (number|null);

            /** Event coupon. */
            coupon?: (string|null);

            /** Event search_term. */
            search_term?: (string|null);

            /** Event item_list_id. */
            item_list_id?: (string|null);

            /** Event attribution_token. */
            attribution_token?: (string|null);

            /**
             * Encodes the specified Event message. Does not implicitly {@link vitrine.v1.Event.verify|verify} messages.
             * @param message Event message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.Event.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Event message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.Event & vitrine.v1.Event.$Shape} Event
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.Event & vitrine.v1.Event.$Shape;
        }

        namespace Event {

            /** Properties of an Event. */
            interface $Properties {

                /** Event event_id */
                event_id?: (string|null);

                /** Event event */
                event?: (string|null);

                /** Event timestamp */
                timestamp?: (number|Long|null);

                /** Event user_id */
                user_id?: (string|null);

                /** Event session_id */
                session_id?: (string|null);

                /** Event items */
                items?: (vitrine.v1.EventItem.$Properties[]|null);

                /** Event value */
                value?: (number|null);

                /** Event currency */
                currency?: (string|null);

                /** Event transaction_id */
                transaction_id?: (string|null);

                /** Event device */
                device?: (string|null);

                /** Event discount */
                discount?: (number|null);

                /** Event coupon */
                coupon?: (string|null);

                /** Event search_term */
                search_term?: (string|null);

                /** Event item_list_id */
                item_list_id?: (string|null);

                /** Event attribution_token */
                attribution_token?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Event. */
            type $Shape = vitrine.v1.Event.$Properties;
        }

        /**
         * Properties of an EventItem.
         * @deprecated Use vitrine.v1.EventItem.$Properties instead.
         */
        interface IEventItem extends vitrine.v1.EventItem.$Properties {
        }

        /** Represents an EventItem. */
        class EventItem {

            /**
             * Constructs a new EventItem.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.EventItem.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** EventItem item_id. */
            item_id?: (string|null);

            /** EventItem price. */
            price?: (number|null);

            /** EventItem quantity. */
            quantity?: (number|null);

            /** EventItem index. */
            index?: (number|null);

            /** EventItem discount. */
            discount?: (number|null);

            /** EventItem coupon. */
            coupon?: (string|null);

            /**
             * Encodes the specified EventItem message. Does not implicitly {@link vitrine.v1.EventItem.verify|verify} messages.
             * @param message EventItem message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.EventItem.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an EventItem message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.EventItem & vitrine.v1.EventItem.$Shape} EventItem
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.EventItem & vitrine.v1.EventItem.$Shape;
        }

        namespace EventItem {

            /** Properties of an EventItem. */
            interface $Properties {

                /** EventItem item_id */
                item_id?: (string|null);

                /** EventItem price */
                price?: (number|null);

                /** EventItem quantity */
                quantity?: (number|null);

                /** EventItem index */
                index?: (number|null);

                /** EventItem discount */
                discount?: (number|null);

                /** EventItem coupon */
                coupon?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an EventItem. */
            type $Shape = vitrine.v1.EventItem.$Properties;
        }
    }
}
